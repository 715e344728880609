-- prune_suppressions: forget entries of lists that have run out, and imports that were replaced or given up, a bounded
-- part of them.
-- ARGV 2 most entries to forget | Returns how many entries and imports went.
--@include time suppressions
local gone = 0
local function has_run_out(until_ms) return until_ms ~= '0' and tonumber(until_ms) <= now_ms end

local function end_import(scope, list)
  local generation, _, until_ms, added =
    string.match(call('HGET', k_suppressions(scope), list) or '', '^(%d+) (%d+) (%d+) (%d+) ')
  if not generation or generation == '0' or not has_run_out(until_ms) then return end
  call('HSET', k_suppressions(scope), list, '0 0 0 ' .. added .. ' ')
  count_added(scope, list, 0)
  call('ZADD', k_idle_generations(), 0, generation)
end

for _, member in ipairs(call('ZRANGEBYSCORE', k_suppression_ends(), '-inf', now_ms, 'LIMIT', 0, ARGV[2])) do
  local scope, list, number = string.match(member, '^(%x*) (%S+) (%d*)$')
  if number == '' then end_import(scope, list) else take_off(scope, number, list, has_run_out) end
  call('ZREM', k_suppression_ends(), member)
  gone = gone + 1
end
for _, generation in ipairs(call('ZRANGEBYSCORE', k_idle_generations(), '-inf', now_ms - GENERATION_IDLE_MS, 'LIMIT', 0, 4)) do
  for part = 0, GENERATION_PARTS - 1 do call('UNLINK', k_generation_part(generation, part)) end
  call('DEL', k_generation(generation))
  call('ZREM', k_idle_generations(), generation)
  gone = gone + 1
end
return gone
