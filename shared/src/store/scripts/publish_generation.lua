-- publish_generation: what an import has written becomes the imported part of a list, in place of what was, at once.
-- ARGV 2 scope, 3 list, 4 generation, 5 until_ms (0 = for good), 6 reason
-- Returns 1; 0 the generation is gone; -1 the scope has too many lists.
--@include time suppressions
local scope, list, generation = ARGV[2], ARGV[3], ARGV[4]
local lists = k_suppressions(scope)
local before = call('HGET', lists, list)
local old, added = string.match(before or '', '^(%d+) %d+ %d+ (%d+) ')
if old == generation then return 1 end
if not before and call('HLEN', lists) >= SUPPRESSION_LISTS_MAX then return -1 end
if call('ZREM', k_idle_generations(), generation) == 0 then return 0 end
call('HSET', lists, list, generation .. ' ' .. int(now_ms) .. ' ' .. ARGV[5] .. ' ' .. (added or 0) .. ' ' .. ARGV[6])
-- From now on others may write to it too.
call('HINCRBY', k_generation(generation), 'revision', 1)
if old and old ~= '0' then call('ZADD', k_idle_generations(), 0, old) end
local member = scope .. ' ' .. list .. ' '
if ARGV[5] == '0' then
  call('ZREM', k_suppression_ends(), member)
else
  call('ZADD', k_suppression_ends(), ARGV[5], member)
end
return 1
