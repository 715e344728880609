-- change_state: start, pause, resume, stop, complete or end a campaign, if its state allows it.
-- ARGV 2 campaign, 3 verb, 4 reason, 5 run_until_ms (0 = open), 6 next_run_ms (0 = none; with start: arms it),
-- 7 leader's fencing token ('' = asked for by a user)
-- Returns {code, state, live calls, send_by_us of the last call begun}: code 1 changed, 0 was so already, -1 not from this
-- state, -2 the leader's token is out of date.
--@include time campaign records lanes
local cid, verb, reason, token = ARGV[2], ARGV[3], ARGV[4], ARGV[7]
local c = campaign(cid)
local meta = k_campaign(cid)

local function answer(code)
  call('ZREMRANGEBYSCORE', k_live(cid), '-inf', now_ms)
  return { code, tonumber(c.state), call('ZCARD', k_live(cid)), tonumber(call('HGET', meta, 'send_by_us') or 0) }
end
if token ~= '' and token ~= call('HGET', k_leader(), 'token') then return answer(-2) end

local function set(state)
  c.state = state
  call('HSET', meta, 'state', state, 'reason', reason)
  place_campaign(c)
  return answer(1)
end
local function run(run_until, next_run)
  c.run_until = tonumber(run_until)
  call('HSET', meta, 'run_until', run_until, 'next_run', next_run)
end
local function unfinished_become(state)
  local counts = call('HMGET', k_counts(cid), 's' .. WAITING, 's' .. state, 'total')
  local n = call('HGETALL', k_counts(cid))
  local others = 0
  for i = 1, #n, 2 do
    if string.match(n[i], '^s%d$') then others = others + tonumber(n[i + 1]) end
  end
  local pending = tonumber(counts[3] or 0) - others
  call('HSET', k_counts(cid), 's' .. WAITING, 0, 's' .. state, int(tonumber(counts[2] or 0) + tonumber(counts[1] or 0) + pending))
  c.unfinished = tostring(state)
  call('HSET', meta, 'unfinished', state)
end

local s = c.state
if verb == 'start' then
  if s == STATE.running or s == STATE.scheduled then return answer(0) end
  if s ~= STATE.draft and s ~= STATE.completed then return answer(-1) end
  run(ARGV[5], ARGV[6])
  return set(ARGV[6] == '0' and STATE.running or STATE.scheduled)
elseif verb == 'run' then
  if s ~= STATE.scheduled then return answer(-1) end
  run(ARGV[5], ARGV[6])
  return set(STATE.running)
elseif verb == 'rest' then
  if s ~= STATE.running and s ~= STATE.completed then return answer(-1) end
  run('0', ARGV[6])
  return set(STATE.scheduled)
elseif verb == 'pause' then
  if s == STATE.paused then return answer(0) end
  if s ~= STATE.running and s ~= STATE.scheduled then return answer(-1) end
  call('HSET', meta, 'paused_from', s)
  return set(STATE.paused)
elseif verb == 'resume' then
  if s == STATE.running or s == STATE.scheduled then return answer(0) end
  if s ~= STATE.paused then return answer(-1) end
  return set(call('HGET', meta, 'paused_from') or STATE.running)
elseif verb == 'stop' then
  if s == STATE.stopping or s == STATE.stopped then return answer(0) end
  if c.unfinished == '' then unfinished_become(CANCELLED) end
  return set(STATE.stopping)
elseif verb == 'stopped' then
  if s ~= STATE.stopping then return answer(-1) end
  local active = tonumber(call('HGET', k_counts(cid), 's' .. ACTIVE) or 0)
  if active > 0 then return answer(0) end
  return set(STATE.stopped)
elseif verb == 'expire' then
  if c.unfinished == '' then unfinished_become(EXPIRED) end
  place_campaign(c)
  return answer(1)
elseif verb == 'complete' then
  if s ~= STATE.running and s ~= STATE.scheduled then return answer(-1) end
  local n, finished, total = call('HGETALL', k_counts(cid)), 0, 0
  for i = 1, #n, 2 do
    local state = string.match(n[i], '^s(%d)$')
    if state and tonumber(state) > WAITING then finished = finished + tonumber(n[i + 1]) end
    if n[i] == 'total' then total = tonumber(n[i + 1]) end
  end
  if total == 0 or finished < total then return answer(0) end
  call('HDEL', meta, 'run_until', 'next_run')
  return set(STATE.completed)
end
return redis.error_reply('change_state: unknown verb ' .. verb)
