-- end_leases: forget workers whose lease has run out, and make their intents due for reaping.
-- ARGV 2 a worker that leaves by itself ('0' = none) | Returns how many were forgotten.
--@include time
if tonumber(call('GET', k_recovering()) or 0) > now_ms then return 0 end
local gone = call('ZRANGEBYSCORE', k_workers(), '-inf', now_ms)
if ARGV[2] ~= '0' and tonumber(call('ZSCORE', k_workers(), ARGV[2]) or 0) > now_ms then gone[#gone + 1] = ARGV[2] end
if #gone == 0 then return 0 end
local dead = {}
for _, worker in ipairs(gone) do
  dead[worker] = true
  call('ZREM', k_workers(), worker)
  call('HDEL', k_worker_names(), worker)
end
for _, intent in ipairs(call('ZRANGE', k_intents(), 0, -1)) do
  if dead[string.match(intent, ':(%d+)$')] then call('ZADD', k_intents(), 'LT', now_ms, intent) end
end
return #gone
