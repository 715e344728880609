-- unsuppress: take numbers that were added one by one off a list, or off all of a scope. Imported ones are the caller's
-- (write_generation).
-- ARGV 2 scope, 3 list ('' = all of the scope), then numbers (digits) | Returns for each number from how many lists it went.
--@include time suppressions
local gone = {}
for i = 4, #ARGV do
  gone[#gone + 1] = take_off(ARGV[2], ARGV[i], ARGV[3], function() return true end)
end
return gone
