-- replayed: a worker has replayed. When it was the last one, claims go on.
-- ARGV 2 worker | Returns 1 when claims go on, 0 when others are still replaying.
--@include time
call('SREM', k_replaying(), ARGV[2])
if call('EXISTS', k_replaying()) == 1 then return 0 end
call('DEL', k_recovering())
for _, account in ipairs(call('SMEMBERS', k_accounts())) do call('PUBLISH', P .. 'wake', account) end
return 1
