-- How an account fares: slowed while it is in trouble, cut off while it is down. Needs time.

-- Its spacing of calls for now, at least `every_us`: after trouble it calls at a part of its rate, which grows by all of
-- it in SLOW_RECOVERY_MS.
local function slowed_us(account, every_us)
  local v = call('HMGET', k_account(account), 'slow_us', 'slow_full_us', 'slow_ms')
  if not v[1] then return every_us end
  local full = 1 / tonumber(v[2])
  local rate = 1 / tonumber(v[1]) + full * (now_ms - tonumber(v[3])) / SLOW_RECOVERY_MS
  if rate < full then return math.max(every_us, math.ceil(1 / rate)) end
  call('HDEL', k_account(account), 'slow_us', 'slow_full_us', 'slow_ms')
  return every_us
end

-- Slows it to one of `parts` of its present rate. One without a limit has the rate at which it called last.
local function slow(account, parts)
  local v = call('HMGET', k_account(account), 'every_us', 'request_us', 'slow_full_us', 'grants_s', 'grants', 'grants_before')
  local every_us = math.max(tonumber(v[1] or 0), tonumber(v[2] or 0))
  if every_us == 0 then
    local recent = now_ms / 1000 - tonumber(v[4] or 0) < 2
    every_us = 1e6 / math.max(1, recent and math.max(tonumber(v[5]), tonumber(v[6])) or 1)
  end
  local full_us = tonumber(v[3] or every_us)
  local slow_us = math.min(slowed_us(account, full_us) * parts, full_us * SLOW_PARTS_MAX)
  call('HSET', k_account(account), 'slow_us', int(slow_us), 'slow_full_us', int(full_us), 'slow_ms', now_ms)
end

-- Counts what was granted to an account this second and the one before.
local function count_grants(account, n)
  local second = math.floor(now_ms / 1000)
  local v = call('HMGET', k_account(account), 'grants_s', 'grants')
  local at = tonumber(v[1] or 0)
  if at == second then
    call('HINCRBY', k_account(account), 'grants', n)
  else
    call('HSET', k_account(account), 'grants_s', second, 'grants', n, 'grants_before', at == second - 1 and v[2] or 0)
  end
end

-- Lets calls go on after it was down, slowly at first.
local function mend(account)
  call('HDEL', k_account(account), 'down_until', 'down_reason', 'probe_until')
  call('HSET', k_account(account), 'up_ms', now_ms)
  slow(account, SLOW_PARTS_MAX)
  call('PUBLISH', P .. 'wake', account)
end
