-- hear_call: whose call a provider tells our hook of, by the call's id. What it tells of one whose attempt is not known
-- waits under the id for a time: the call's own response may be on its way.
-- ARGV 2 account, 3 call id ('' = none was told), 4 what is told, a line ('' = nothing that waits), 5 for how long (ms)
-- Returns {0: a restart of Redis is being recovered from, and nobody knows yet | 1, attempt `campaign:position:revision` or ''}
--@include time
if tonumber(call('GET', k_recovering()) or 0) > now_ms then return { 0, '' } end
if ARGV[3] == '' then return { 1, '' } end
local key = k_call(ARGV[2], ARGV[3])
local attempt, told = string.match(call('GET', key) or '', '^([^!]*)(.*)$')
-- Each word is a line, and is kept once.
local is_new = ARGV[4] ~= '' and not string.find(told, ARGV[4], 1, true) and #told < EARLY_BYTES_MAX
if attempt == '' and is_new then call('SET', key, told .. ARGV[4], 'PX', ARGV[5]) end
return { 1, attempt }
