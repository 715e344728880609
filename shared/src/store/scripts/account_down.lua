-- account_down: an account's provider is down: no call starts for a while, each time twice as long.
-- ARGV 2 account, 3 reason | Returns until when (ms); what was said before stays.
--@include time health
local account = k_account(ARGV[2])
local v = call('HMGET', account, 'down_until', 'downs', 'up_ms')
if tonumber(v[1] or 0) > now_ms then return tonumber(v[1]) end
-- What was long ago counts no more.
local downs = tonumber(v[2] or 0)
if not v[1] and now_ms - tonumber(v[3] or 0) > DOWN_FORGOTTEN_MS then downs = 0 end
local until_ms = now_ms + math.min(DOWN_MIN_MS * 2 ^ downs, DOWN_MAX_MS)
call('HSET', account, 'down_until', int(until_ms), 'downs', int(downs + 1), 'down_reason', ARGV[3])
call('HDEL', account, 'probe_until')
return until_ms
