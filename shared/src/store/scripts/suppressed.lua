-- suppressed: the lists on which numbers are.
-- ARGV 2 campaign ('' = only the workspace's lists), then numbers (digits)
-- Returns for each number its lists, each as {scope, list, since_ms, until_ms (0 = for good), reason}.
--@include time suppressions
local found = {}
for i = 3, #ARGV do found[#found + 1] = suppressions_of(ARGV[2], ARGV[i], SUPPRESSION_LISTS_MAX * 4) end
return found
