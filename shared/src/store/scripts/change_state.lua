-- change_state: start, pause, resume, stop, complete or end a campaign, if its state allows it. Pausing lies on top of the
-- schedule: runs of a paused campaign begin and end all the same (`paused_from`), so that resuming finds it where it would
-- have been.
-- ARGV 2 campaign, 3 verb, 4 reason, 5 run_until_ms (0 = open), 6 next_run_ms (0 = none; with start: arms it, as await does without),
-- 7 leader's fencing token ('' = asked for by a user or a worker); then what the leader had read ('' = compare nothing):
-- 8 version, 9 next run (0 = none, '' = not computed yet, '*' = it does not matter, only read with a version); then what it notes ('' = nothing):
-- 10 the last tick handled, 11 the instant from which the run's end is counted, 12 the schedule for which the next run
-- was computed
-- Returns {code, state, live calls, send_by_us of the last call begun}: code 1 changed, 0 was so already, -1 not from this
-- state, -2 the leader's token is out of date, -3 the campaign is not as the leader had read it.
--@include time campaign records lanes leader
local cid, verb, reason = ARGV[2], ARGV[3], ARGV[4]
local c = campaign(cid)
local meta = k_campaign(cid)

local function answer(code)
  if code == 1 then note_change(cid) end
  call('ZREMRANGEBYSCORE', k_live(cid), '-inf', now_ms)
  return { code, tonumber(c.state), call('ZCARD', k_live(cid)), tonumber(call('HGET', meta, 'send_by_us') or 0) }
end
if not leads(ARGV[7]) then return answer(-2) end

local s = c.state
local v = call('HMGET', meta, 'paused_from', 'next_run', 'restart', 'reason')
local is_another_run = ARGV[9] ~= '*' and (v[2] or '') ~= ARGV[9]
if ARGV[8] ~= '' and (c.version ~= ARGV[8] or is_another_run) then return answer(-3) end
local paused, preparing, ended = s == STATE.paused, v[3], c.unfinished ~= ''
-- Where it stands in its schedule.
local place = paused and (v[1] or STATE.running) or s

local function set(state)
  c.state = state
  call('HSET', meta, 'state', state, 'reason', reason)
  if state ~= s or reason ~= v[4] then note(c, 's', state, reason) end
  if state == STATE.stopped or state == STATE.completed then call('HSET', meta, 'ended_ms', now_ms) end
  place_campaign(c)
  return answer(1)
end
local function go(state)
  if not paused then return set(state) end
  call('HSET', meta, 'paused_from', state)
  return answer(1)
end
local function keep(field, value)
  if value ~= '' then call('HSET', meta, field, value) end
end
local function plan()
  c.run_until = tonumber(ARGV[5])
  call('HSET', meta, 'run_until', ARGV[5], 'next_run', ARGV[6])
  keep('last_tick', ARGV[10])
  keep('run_from', ARGV[11])
  keep('planned', ARGV[12])
end
-- Forgets the schedule's state: none of it is true any more.
local function unplan() call('HDEL', meta, 'next_run', 'planned', 'restart', 'restart_block') end

-- Counts the contacts that are not finished as `state`, without touching them (see counted_state).
local function unfinished_become(state)
  local n, others = call('HGETALL', k_counts(cid)), 0
  local counts = { total = 0, [WAITING] = 0, [HELD] = 0, [state] = 0 }
  for i = 1, #n, 2 do
    local one = tonumber(string.match(n[i], '^s(%d)$'))
    if one then
      others = others + tonumber(n[i + 1])
      counts[one] = tonumber(n[i + 1])
    elseif n[i] == 'total' then
      counts.total = tonumber(n[i + 1])
    end
  end
  local pending = counts.total - others
  call('HSET', k_counts(cid), 's' .. WAITING, 0, 's' .. HELD, 0,
    's' .. state, int(counts[state] + counts[WAITING] + counts[HELD] + pending))
  c.unfinished = tostring(state)
  call('HSET', meta, 'unfinished', state)
end
-- Whether no contact can move by itself. An empty list has nobody yet.
local function is_finished()
  local n, finished, total = call('HGETALL', k_counts(cid)), 0, 0
  for i = 1, #n, 2 do
    local state = string.match(n[i], '^s(%d)$')
    if state and tonumber(state) > WAITING then finished = finished + tonumber(n[i + 1]) end
    if n[i] == 'total' then total = tonumber(n[i + 1]) end
  end
  return finished >= total and (total > 0 or ended)
end

if verb == 'start' or verb == 'await' then
  if s == STATE.running or s == STATE.scheduled then return answer(0) end
  if (s ~= STATE.draft and s ~= STATE.completed) or ended then return answer(-1) end
  unplan()
  plan()
  -- The next run was computed a moment ago: it counts, even if it has come since.
  local armed = verb == 'await' or ARGV[6] ~= '0'
  call('HSET', meta, 'last_tick', ARGV[6] ~= '0' and int(math.min(now_ms, tonumber(ARGV[6]) - 1)) or now_ms, 'run_from', now_ms)
  return set(armed and STATE.scheduled or STATE.running)
elseif verb == 'run' then
  if place ~= STATE.scheduled or ended then return answer(-1) end
  plan()
  call('HDEL', meta, 'restart', 'restart_block')
  return go(STATE.running)
elseif verb == 'prepare' then
  if place ~= STATE.scheduled or ended or preparing then return answer(-1) end
  plan()
  call('HSET', meta, 'restart', ARGV[10], 'restart_block', 0)
  return go(STATE.scheduled)
elseif verb == 'rest' then
  if place ~= STATE.running or ended then return answer(-1) end
  plan()
  return go(STATE.scheduled)
elseif verb == 'plan' then
  if (place ~= STATE.running and place ~= STATE.scheduled) or ended then return answer(-1) end
  plan()
  call('HDEL', meta, 'restart', 'restart_block')
  return go(place)
elseif verb == 'pause' then
  if paused then return answer(0) end
  if s ~= STATE.running and s ~= STATE.scheduled then return answer(-1) end
  call('HSET', meta, 'paused_from', s)
  return set(STATE.paused)
elseif verb == 'resume' then
  if s == STATE.running or s == STATE.scheduled then return answer(0) end
  if not paused then return answer(-1) end
  return set(place)
elseif verb == 'stop' then
  if s == STATE.stopping or s == STATE.stopped then return answer(0) end
  if not ended then unfinished_become(CANCELLED) end
  unplan()
  return set(STATE.stopping)
elseif verb == 'stopped' then
  if s ~= STATE.stopping then return answer(-1) end
  local active = tonumber(call('HGET', k_counts(cid), 's' .. ACTIVE) or 0)
  if active > 0 then return answer(0) end
  return set(STATE.stopped)
elseif verb == 'expire' then
  if s == STATE.draft then return answer(-1) end
  if ended then return answer(0) end
  unfinished_become(EXPIRED)
  unplan()
  return set(s)
elseif verb == 'complete' then
  -- Nobody resumes what has ended.
  if s ~= STATE.running and s ~= STATE.scheduled and not (paused and ended) then return answer(-1) end
  if preparing or not is_finished() then return answer(0) end
  -- `run_until` stays: contacts that are added before it are called in this run still.
  unplan()
  return set(STATE.completed)
end
return redis.error_reply('change_state: unknown verb ' .. verb)
