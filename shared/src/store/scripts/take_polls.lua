-- take_polls: the calls of an account whose results are to be asked for now. Each is filed again at once, past the time
-- that asking takes, so that a worker that dies strands nobody.
-- ARGV 2 account, 3 most, 4 again_ms (from now), 5 fill_ms: calls wait so long for others, until `most` are due; those due
-- this soon come along
-- Returns {next_due_ms (0: none), permit_us: when the request may be sent, due_ms: when the first was due (0: none is
-- taken), entry…}
--@include time requests
local key = k_polls(ARGV[2])
local function next_due() return tonumber(call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or 0) end
local due = next_due()
if due == 0 or due > now_ms then return { due, 0, 0 } end
local fill_ms = tonumber(ARGV[5])
if due + fill_ms > now_ms and call('ZCOUNT', key, '-inf', now_ms) < tonumber(ARGV[3]) then return { due + fill_ms, 0, 0 } end
local recovering = tonumber(call('GET', k_recovering()) or 0)
if recovering > now_ms then return { recovering, 0, 0 } end

local blocked_until = tonumber(call('HGET', k_account(ARGV[2]), 'blocked_until') or 0)
if blocked_until > now_ms then return { blocked_until, 0, 0 } end

-- Polls stand in line with calls, and wait in their queue while the line is long.
local latest_us = now_us + HORIZON_US
local permit_us = take_request(ARGV[2], latest_us)
if permit_us > latest_us then return { math.ceil((permit_us - HORIZON_US) / 1000), 0, 0 } end
local entries = call('ZRANGEBYSCORE', key, '-inf', now_ms + fill_ms, 'LIMIT', 0, ARGV[3])
for _, entry in ipairs(entries) do call('ZADD', key, now_ms + tonumber(ARGV[4]), entry) end
return { next_due(), int(permit_us), int(due), unpack(entries) }
