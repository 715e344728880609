-- take_polls: the calls of an account whose results are to be asked for now. Each is filed again at once, past the time
-- that asking takes, so that a worker that dies strands nobody.
-- ARGV 2 account, 3 most, 4 again_ms (from now), 5 slack_ms: once one is due, those due this soon fill the batch
-- Returns {next_due_ms (0: none), permit_us: when the request may be sent, entry…}
--@include time
local key = k_polls(ARGV[2])
local function next_due() return tonumber(call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or 0) end
local due = next_due()
if due == 0 or due > now_ms or tonumber(call('GET', k_recovering()) or 0) > now_ms then return { due, 0 } end

local blocked_until = tonumber(call('HGET', k_account(ARGV[2]), 'blocked_until') or 0)
if blocked_until > now_ms then return { blocked_until, 0 } end

-- The account's limit of requests, in which polls and calls stand in line.
local v = call('HMGET', k_account(ARGV[2]), 'request_tat_us', 'request_us')
local request_us, permit_us = tonumber(v[2] or 0), 0
if request_us > 0 then
  permit_us = math.max(now_us, tonumber(v[1] or 0))
  if permit_us > now_us + HORIZON_US then return { math.ceil((permit_us - HORIZON_US) / 1000), 0 } end
  call('HSET', k_account(ARGV[2]), 'request_tat_us', int(permit_us + request_us))
end
local entries = call('ZRANGEBYSCORE', key, '-inf', now_ms + tonumber(ARGV[5]), 'LIMIT', 0, ARGV[3])
for _, entry in ipairs(entries) do call('ZADD', key, now_ms + tonumber(ARGV[4]), entry) end
return { next_due(), int(permit_us), unpack(entries) }
