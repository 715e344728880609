-- lead: become or stay the leading scheduler. Each new leader gets a fencing token higher than all before.
-- ARGV 2 scheduler, 3 lease_ms (0 = let go) | Returns the token, or 0 when another one leads.
--@include time
local key = k_leader()
local v = call('HMGET', key, 'scheduler', 'until', 'token')
local mine = v[1] == ARGV[2]
local free = not v[2] or tonumber(v[2]) <= now_ms
if not mine and not free then return 0 end
if ARGV[3] == '0' then
  if mine then call('HSET', key, 'until', 0) end
  return 0
end
local token = tonumber(v[3] or 0)
if not mine or free then token = token + 1 end
call('HSET', key, 'scheduler', ARGV[2], 'until', now_ms + tonumber(ARGV[3]), 'token', token)
return token
