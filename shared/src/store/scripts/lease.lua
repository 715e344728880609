-- lease: open a worker's lease under a new number, or renew one. A lease that has run out is never revived.
-- ARGV 2 worker (0 = open a new one), 3 lease_ms, 4 what to show of the worker (opening only)
-- Returns the worker's number, or -1 when its lease is lost.
--@include time
local worker, lease_until = ARGV[2], now_ms + tonumber(ARGV[3])
if worker == '0' then
  worker = call('INCR', k_worker_count())
  call('HSET', k_worker_names(), worker, ARGV[4])
else
  local lease = call('ZSCORE', k_workers(), worker)
  if not lease or tonumber(lease) <= now_ms then return -1 end
end
call('ZADD', k_workers(), lease_until, worker)
return tonumber(worker)
