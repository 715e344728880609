-- take_polls: the calls of an account whose results are to be asked for now. Each is filed again at once, past the time
-- that asking takes, so that a worker that dies strands nobody.
-- ARGV 2 account, 3 most, 4 again_ms (from now), 5 slack_ms: once one is due, those due this soon fill the batch
-- Returns {next_due_ms (0: none), entry…}
--@include time
local key = k_polls(ARGV[2])
local function next_due() return tonumber(call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or 0) end
local due = next_due()
if due == 0 or due > now_ms or tonumber(call('GET', k_recovering()) or 0) > now_ms then return { due } end
local entries = call('ZRANGEBYSCORE', key, '-inf', now_ms + tonumber(ARGV[5]), 'LIMIT', 0, ARGV[3])
for _, entry in ipairs(entries) do call('ZADD', key, now_ms + tonumber(ARGV[4]), entry) end
return { next_due(), unpack(entries) }
