-- recover: told of the Redis process that answers; when it is another than before, nothing is claimed, begun, polled or
-- reaped until every live worker has replayed what it had written last, one lease at most.
-- ARGV 2 run id, 3 lease_ms | Returns 1 when Redis had been restarted, 0 otherwise.
--@include time
local before = call('GET', k_run_id())
if before == ARGV[2] then return 0 end
call('SET', k_run_id(), ARGV[2])
if not before then return 0 end
local lease_until = now_ms + math.max(tonumber(ARGV[3]), RECOVERY_MIN_MS)
call('SET', k_restarted(), now_ms)
call('SET', k_recovering(), lease_until)
call('INCRBY', k_worker_count(), WORKERS_LOST_MAX)
call('DEL', k_replaying())
for _, worker in ipairs(call('ZRANGE', k_workers(), 0, -1)) do
  call('ZADD', k_workers(), 'GT', lease_until, worker)
  call('SADD', k_replaying(), worker)
end
return 1
