-- write_generation: replace containers of an import, if it still is as the caller has read it.
-- ARGV 2 generation, 3 revision that the caller has read, 4 numbers to add to its count (may be negative), then pairs:
-- container, its new contents ('' = it is empty)
-- Returns its new revision; 0, with nothing written, when it has another by now, or is gone.
--@include time
local generation, read = ARGV[2], tonumber(ARGV[3])
local idle = call('ZSCORE', k_idle_generations(), generation)
local revision = tonumber(call('HGET', k_generation(generation), 'revision') or 0)
if revision ~= read or (read == 0 and not idle) then return 0 end
for i = 5, #ARGV, 2 do
  local part = k_generation_part(generation, ARGV[i] % GENERATION_PARTS)
  if ARGV[i + 1] == '' then call('HDEL', part, ARGV[i]) else call('HSET', part, ARGV[i], ARGV[i + 1]) end
end
if idle then call('ZADD', k_idle_generations(), 'XX', now_ms, generation) end
call('HINCRBY', k_generation(generation), 'numbers', ARGV[4])
return call('HINCRBY', k_generation(generation), 'revision', 1)
