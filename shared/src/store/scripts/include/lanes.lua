-- Where contacts stand while nobody calls them. A lane's queue holds ranges `first:count` of positions; its buckets hold
-- positions by due time. Entries are hints, the contact's record is the truth: claim drops an entry that is out of date.

-- A lane's open intervals are `version|from-to,from-to,…` in milliseconds. Returns from, to of the first one that is
-- open at or after t; nil when the campaign has changed since they were written, or when none is known.
local function interval_at(c, lane, t)
  local text = call('HGET', k_lane_hours(c.cid), lane)
  if not text then return nil end
  local version, spans = string.match(text, '^(%d+)|(.*)$')
  if version ~= c.version then return nil end
  for from, to in string.gmatch(spans, '(%d+)-(%d+)') do
    if tonumber(to) > t then return tonumber(from), tonumber(to) end
  end
end

local touched, touched_lanes = {}, {}

-- Puts a campaign where claim finds it: among the ready ones, or among the waiting ones by its next eligible instant.
local function place_campaign(c)
  local ready, waiting = k_ready(c.account), k_asleep(c.account)
  if not is_dialing(c) then
    call('ZREM', ready, c.cid)
    call('ZREM', waiting, c.cid)
    return
  end
  if call('EXISTS', k_lanes_open(c.cid)) == 1 then
    call('ZREM', waiting, c.cid)
    if not call('ZSCORE', ready, c.cid) then
      -- Nobody repays a long sleep: a campaign joins at the pass of the one that is served next.
      local base = c.priority * 1e12
      local first = call('ZRANGEBYSCORE', ready, base, base + 1e12 - 1, 'WITHSCORES', 'LIMIT', 0, 1)
      if first[2] and tonumber(first[2]) - base > c.pass then
        c.pass = tonumber(first[2]) - base
        call('HSET', k_campaign(c.cid), 'pass', int(c.pass))
      end
      call('ZADD', ready, int(base + c.pass), c.cid)
      call('PUBLISH', P .. 'wake', c.account)
    end
    return
  end
  call('ZREM', ready, c.cid)
  local first = call('ZRANGE', k_lanes_closed(c.cid), 0, 0, 'WITHSCORES')
  if not first[1] then
    call('ZREM', waiting, c.cid)
    return
  end
  local before = call('ZSCORE', waiting, c.cid)
  call('ZADD', waiting, first[2], c.cid)
  if not before or tonumber(first[2]) < tonumber(before) then call('PUBLISH', P .. 'wake', c.account) end
end

-- A lane has two parts that are placed each for itself: `w:lane`, those waiting for a retry, and `q:lane`, the others.
-- Those to be called now stand in order: most urgent priority, retries before fresh contacts, soonest closing.
local LANE_RANK, CLOSES_MAX = 1e13, 9.9e12
local function place_part(c, lane, part, rank, due)
  local member = part .. ':' .. lane
  local from, to
  if due then from, to = interval_at(c, lane, due) end
  if not from then
    call('ZREM', k_lanes_open(c.cid), member)
    call('ZREM', k_lanes_closed(c.cid), member)
  elseif math.max(from, due) > now_ms then
    call('ZREM', k_lanes_open(c.cid), member)
    call('ZADD', k_lanes_closed(c.cid), math.max(from, due), member)
  else
    call('ZREM', k_lanes_closed(c.cid), member)
    call('ZADD', k_lanes_open(c.cid), int((tonumber(lane) % 16 * 2 + rank) * LANE_RANK + math.min(to, CLOSES_MAX)), member)
  end
end

-- `earliest` (by default now) is when it may be called again at the soonest.
local function place_lane(c, lane, earliest)
  earliest = earliest or now_ms
  local bucket = call('ZRANGE', k_buckets(c.cid, lane), 0, 0)[1]
  place_part(c, lane, 'w', 0, bucket and math.max(tonumber(bucket), earliest))
  place_part(c, lane, 'q', 1, call('EXISTS', k_queue(c.cid, lane)) == 1 and earliest)
end

local function touch_lane(c, lane)
  touched[c.cid] = c
  local lanes = touched_lanes[c.cid]
  if not lanes then lanes = {} touched_lanes[c.cid] = lanes end
  lanes[lane] = true
end

-- Files one contact at the front of its lane (due = 0) or in the bucket of its due time.
local function file_contact(c, lane, position, due)
  if c.unfinished ~= '' then return end
  if due > now_ms then
    local slot = int(math.ceil(due / BUCKET_MS) * BUCKET_MS)
    call('RPUSH', k_bucket(c.cid, lane, slot), position)
    call('ZADD', k_buckets(c.cid, lane), slot, slot)
  else
    call('LPUSH', k_queue(c.cid, lane), position .. ':1')
  end
  touch_lane(c, lane)
end

-- After all filing of a script: every touched lane and campaign is put in its place, once.
local function place_touched()
  for cid, c in pairs(touched) do
    for lane in pairs(touched_lanes[cid] or {}) do place_lane(c, lane) end
    place_campaign(c)
  end
end
