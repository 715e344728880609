-- take_recordings: the recordings of an account that are to be fetched now. Each is filed again at once, past the lease of who
-- took it, so that a worker that dies strands none.
-- ARGV 2 account, 3 most, 4 lease_ms
-- Returns {next_due_ms (0: none), entry…}
--@include time
local key = k_recordings(ARGV[2])
local entries = call('ZRANGEBYSCORE', key, '-inf', now_ms, 'LIMIT', 0, ARGV[3])
for _, entry in ipairs(entries) do call('ZADD', key, now_ms + tonumber(ARGV[4]), entry) end
return { tonumber(call('ZRANGE', key, 0, 0, 'WITHSCORES')[2] or 0), unpack(entries) }
