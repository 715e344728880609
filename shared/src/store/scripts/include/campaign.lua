-- The parts of a campaign that scripts act on, read once a call.
local STATE = { draft = '1', scheduled = '2', running = '3', paused = '4', stopping = '5', stopped = '6', completed = '7' }
local campaigns = {}

local function campaign(cid)
  local c = campaigns[cid]
  if c then return c end
  local v = call('HMGET', k_campaign(cid), 'state', 'account', 'version', 'priority', 'weight', 'pass', 'every_us',
    'max_live', 'tat_us', 'claimed', 'run_until', 'unfinished', 'heard_until', 'told')
  c = {
    cid = cid, state = v[1], account = v[2], version = v[3], priority = tonumber(v[4] or 5), weight = tonumber(v[5] or 1),
    pass = tonumber(v[6] or 0), every_us = tonumber(v[7] or 0), max_live = tonumber(v[8] or 0), tat_us = tonumber(v[9] or 0),
    claimed = tonumber(v[10] or 0), run_until = tonumber(v[11] or 0), unfinished = v[12] or '',
    heard_until = tonumber(v[13] or 0), is_told = v[14] == '1',
  }
  campaigns[cid] = c
  return c
end

-- Whoever follows where campaigns stand reads those again that have changed since it looked: every change of what it reads
-- is noted, once a script (shared/src/store/standing.rs).
local changes_noted = {}
local function note_change(cid)
  if changes_noted[cid] then return end
  changes_noted[cid] = true
  call('ZADD', k_changed(), call('INCR', k_changes()), cid)
end

-- What changes of a campaign that is over is counted: who copies it sees whether his copy is whole (shared/src/store/archives.rs).
local function note_late(c)
  if c.state == STATE.completed or c.state == STATE.stopped then call('HINCRBY', k_campaign(c.cid), 'late', 1) end
end

-- Whether its calls may start now: running, inside its run, and not past its end.
local function is_dialing(c)
  return c.state == STATE.running and c.unfinished == '' and (c.run_until == 0 or now_ms < c.run_until)
end

-- Notes what has happened, in the words of `Happened` (feed.rs): for those who listen, and for the receiver of a campaign that
-- has one. This is the one place through which it goes: whatever is to be told of is noted by the script that changes it.
local function note(c, ...)
  local is_heard = c.heard_until > now_ms
  if not is_heard and not c.is_told then return end
  local entry = table.concat({ ... }, ':')
  if is_heard then call('XADD', k_feed(c.cid), 'MAXLEN', '~', FEED_ENTRIES_MAX, '*', 'e', entry) end
  if c.is_told then call('XADD', k_outbox(c.cid), '*', 'e', entry) end
end

-- A completed campaign that has somebody to call after all goes on with the run it had completed before its time, else
-- waits for the next one.
local function reopen(c)
  if c.state ~= STATE.completed or c.unfinished ~= '' then return end
  local meta = k_campaign(c.cid)
  if call('HGET', meta, 'cron') == '1' and c.run_until <= now_ms then
    c.state = STATE.scheduled
    call('HSET', meta, 'run_until', 0, 'last_tick', now_ms)
  else
    c.state = STATE.running
  end
  call('HSET', meta, 'state', c.state, 'reason', '')
  call('HDEL', meta, 'planned')
  note(c, 's', c.state, '')
  note_change(c.cid)
end
