-- hasten_poll: ask for a call's result soon, if it is polled at all, and wake those who ask.
-- ARGV 2 account, 3 poll entry, 4 in how long (ms)
-- Returns 1, or 0: it is not polled
--@include time
local key, at = k_polls(ARGV[2]), now_ms + tonumber(ARGV[4])
local due = call('ZSCORE', key, ARGV[3])
if not due then return 0 end
if tonumber(due) > at then
  call('ZADD', key, at, ARGV[3])
  call('PUBLISH', P .. 'wake', 'polls:' .. ARGV[2])
end
return 1
