-- replayed: a worker has replayed. When it was the last one that is known, claims go on, RECOVERY_MIN_MS after the restart.
-- ARGV 2 worker | Returns 1 when nobody known is still replaying, 0 otherwise.
--@include time
call('SREM', k_replaying(), ARGV[2])
if call('EXISTS', k_replaying()) == 1 then return 0 end
local until_ms = tonumber(call('GET', k_restarted()) or 0) + RECOVERY_MIN_MS
if until_ms > now_ms then call('SET', k_recovering(), until_ms) else call('DEL', k_recovering()) end
for _, account in ipairs(call('SMEMBERS', k_accounts())) do call('PUBLISH', P .. 'wake', account) end
return 1
