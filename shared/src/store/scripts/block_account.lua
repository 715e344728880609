-- block_account: send no request of an account before an instant. A later one that was set before stays.
-- ARGV 2 account, 3 until_ms, 4 reason | Returns 1 when it counts, 0 when a later one stays.
--@include time
local account = k_account(ARGV[2])
if tonumber(call('HGET', account, 'blocked_until') or 0) >= tonumber(ARGV[3]) then return 0 end
call('HSET', account, 'blocked_until', ARGV[3], 'blocked_reason', ARGV[4])
return 1
