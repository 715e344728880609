-- prune_numbers: forget number locks that have run out without being freed, one step of a scan.
-- ARGV 2 cursor (0 = from the start), 3 how many to look at, about | Returns {next cursor (0 = all seen), locks forgotten}.
--@include time
local page = call('HSCAN', k_numbers(), ARGV[2], 'COUNT', ARGV[3])
local forgotten = 0
for i = 1, #page[2], 2 do
  if tonumber(string.match(page[2][i + 1], '^(%d+)|') or 0) <= now_ms then
    forgotten = forgotten + call('HDEL', k_numbers(), page[2][i])
  end
end
return { tonumber(page[1]), forgotten }
