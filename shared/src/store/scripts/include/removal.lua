-- Taking a campaign that is over out of everybody's sight.

-- Whether it has calls, or may have.
local function may_be_live(c)
  call('ZREMRANGEBYSCORE', k_live(c.cid), '-inf', now_ms)
  local active = tonumber(call('HGET', k_counts(c.cid), 's' .. ACTIVE) or 0)
  return active > 0 or c.claimed > 0 or call('EXISTS', k_live(c.cid)) == 1
end

-- What it holds is dropped from now on, step by step.
local function take_out_of_sight(c, name)
  local cid = c.cid
  call('HDEL', k_names(), name)
  call('HDEL', k_archive_troubles(), cid)
  call('HSET', k_removing(), cid, 0)
  call('INCR', k_removals())
  -- Nobody adds or files contacts of a campaign that has ended.
  if c.unfinished == '' then call('HSET', k_campaign(cid), 'unfinished', CANCELLED) end
  call('HSET', k_campaign(cid), 'state', STATE.stopped)
  for _, account in ipairs(call('SMEMBERS', k_accounts())) do
    call('ZREM', k_ready(account), cid)
    call('ZREM', k_asleep(account), cid)
    call('SREM', k_starved(account), cid)
  end
end
