-- claim: hand a worker up to `want` contacts of one account, each with the instant at which its call may start.
-- ARGV 2 worker, 3 account, 4 want, 5 1: the worker can ask the provider whether it is up
-- Returns {code, wait_until_ms, item…}: code 1 granted (perhaps nothing), -1 lease lost, -2 recovering after a restart of
-- Redis, -3 account paused, -4 the provider was down: it is this worker's turn to ask whether it is up; wait_until_ms is when asking again may bring more (0: not before a wake-up).
-- An item is campaign, its version, position, lane, permit in microseconds, record (empty: none).
--@include time campaign records lanes slots health
local worker, account, want = ARGV[2], ARGV[3], tonumber(ARGV[4])

local lease = call('ZSCORE', k_workers(), worker)
if not lease or tonumber(lease) <= now_ms then return { -1, 0 } end
local recovering = tonumber(call('GET', k_recovering()) or 0)
if recovering > now_ms then return { -2, recovering } end

local v = call('HMGET', k_account(account), 'paused', 'blocked_until', 'tat_us', 'every_us', 'max_live', 'claimed',
  'request_tat_us', 'request_us', 'down_until', 'probe_until', 'closed_until')
if v[1] and v[1] ~= '' then return { -3, 0 } end
local blocked_until, tat_us, every_us = tonumber(v[2] or 0), tonumber(v[3] or 0), tonumber(v[4] or 0)
blocked_until = math.max(blocked_until, tonumber(v[11] or 0))
if blocked_until > now_ms then return { 1, blocked_until } end
if v[9] then
  local wait_ms = math.max(tonumber(v[9]), tonumber(v[10] or 0))
  if wait_ms > now_ms then return { 1, wait_ms } end
  if ARGV[5] == '1' then
    call('HSET', k_account(account), 'probe_until', int(now_ms + PROBE_MS))
    return { -4, 0 }
  end
  -- Only a call can show whether it is up: some come, few at first.
  mend(account)
end
local max_live, claimed = tonumber(v[5] or 0), tonumber(v[6] or 0)
-- A call is a request too: it stands in line with polls.
local request_us = tonumber(v[8] or 0)
tat_us, every_us = math.max(tat_us, tonumber(v[7] or 0)), math.max(every_us, request_us)
local unlimited = every_us == 0
every_us = slowed_us(account, every_us)

local function live_room(key, limit, claims)
  if limit == 0 then return want end
  call('ZREMRANGEBYSCORE', key, '-inf', now_ms)
  return limit - call('ZCARD', key) - claims
end

local room = live_room(k_account_live(account), max_live, claimed)
if room <= 0 then
  call('SADD', k_starved(account), '*')
  local soonest = call('ZRANGE', k_account_live(account), 0, 0, 'WITHSCORES')[2]
  return { 1, math.min(tonumber(soonest or now_ms + 1000), now_ms + 1000) }
end
want = math.min(want, room)

-- Wait until several permits lie inside the horizon: one claim then serves a stretch of time, not a single call.
local horizon_us = now_us + HORIZON_US
local function asks_again_ms(next_us, spacing_us)
  local ahead = math.max(0, math.floor(HORIZON_US / 2 / math.max(spacing_us, 1)) - 1)
  return math.max(now_ms + 1, math.ceil((next_us + ahead * spacing_us - HORIZON_US) / 1000))
end

local function claim_of(c, position, lane) return worker .. ':' .. c.cid .. ':' .. int(position) .. ':' .. lane end

local ready, asleep = k_ready(account), k_asleep(account)

-- Lanes whose time has come stand among the open ones from now on; once a call for each campaign.
local woken = {}
local function wake_lanes(c)
  if woken[c.cid] then return end
  woken[c.cid] = true
  for _, member in ipairs(call('ZRANGEBYSCORE', k_lanes_closed(c.cid), '-inf', now_ms, 'LIMIT', 0, 256)) do
    place_lane(c, string.sub(member, 3))
  end
end

for _, cid in ipairs(call('ZRANGEBYSCORE', asleep, '-inf', now_ms, 'LIMIT', 0, 64)) do
  local c = campaign(cid)
  wake_lanes(c)
  place_campaign(c)
end

-- The next contacts of one part of a lane, at most n. Entries are hints, and there may be several of one contact (its retry
-- was due when a new run, or late truth, gave it another place): what the record contradicts is dropped, or filed for the
-- time that the record says.
local function take(c, part, lane, n)
  local positions = {}
  local buckets = k_buckets(c.cid, lane)
  while part == 'w' and #positions < n do
    local slot = call('ZRANGEBYSCORE', buckets, '-inf', now_ms, 'LIMIT', 0, 1)[1]
    if not slot then break end
    local bucket = k_bucket(c.cid, lane, slot)
    for _, position in ipairs(call('LPOP', bucket, n - #positions) or {}) do positions[#positions + 1] = tonumber(position) end
    if call('EXISTS', bucket) == 0 then call('ZREM', buckets, slot) end
  end
  while part == 'q' and #positions < n do
    local range = call('LPOP', k_queue(c.cid, lane))
    if not range then break end
    local first, rows = string.match(range, '^(%d+):(%d+)$')
    first, rows = tonumber(first), tonumber(rows)
    local some = math.min(rows, n - #positions)
    for position = first, first + some - 1 do positions[#positions + 1] = position end
    if some < rows then call('LPUSH', k_queue(c.cid, lane), (first + some) .. ':' .. (rows - some)) end
  end
  if #positions == 0 then return {}, 0 end
  local members = {}
  for i, position in ipairs(positions) do members[i] = claim_of(c, position, lane) end
  local held = call('ZMSCORE', k_claims(), unpack(members))
  local shard, exists
  local kept, seen = {}, {}
  for i, position in ipairs(positions) do
    local key, field = record_field(position)
    if key ~= shard then
      shard, exists = key, call('EXISTS', k_records(c.cid, key)) == 1
    end
    local record = exists and call('HGET', k_records(c.cid, key), field)
    -- One whose next number is another by now stands in that one's lane too.
    local is_here = not record or lane_of(record) == lane
    if is_here and is_callable(state_of(record)) and not seen[position] and not held[i] then
      seen[position] = true
      if due_of(record) > now_ms then
        file_contact(c, lane, position, due_of(record))
      else
        kept[#kept + 1] = { position, record or '' }
      end
    end
  end
  return kept, #positions
end

-- The account's permits stand in a line; without a rate there is none.
local soonest_us = now_us + LEAD_US
local function line_us() return every_us > 0 and math.max(soonest_us, tat_us) or soonest_us end

local function park(c, wake_ms)
  call('ZREM', ready, c.cid)
  call('ZADD', asleep, wake_ms, c.cid)
end

-- The first campaign whose own pace lets it have the next place in the line, and how far the line may run before one that
-- stands before it comes due. When none may yet, the one that comes due first.
local function choose(ranked)
  local at, due_us, later = line_us(), nil, nil
  for _, cid in ipairs(ranked) do
    local c = campaign(cid)
    if c.tat_us > horizon_us then
      park(c, asks_again_ms(c.tat_us, c.every_us))
    elseif c.tat_us <= at then
      return c, due_us
    elseif not due_us or c.tat_us < due_us then
      due_us, later = c.tat_us, c
    end
  end
  return later
end

local items, granted, claimed_now = {}, 0, 0
local wait_until = 0
for _ = 1, want + CLAIM_TURNS do
  if granted >= want then wait_until = now_ms break end
  if line_us() > horizon_us then wait_until = asks_again_ms(tat_us, every_us) break end
  local ranked = call('ZRANGE', ready, 0, READY_LOOKED_AT - 1)
  if not ranked[1] then break end
  local c, due_us = choose(ranked)
  local waking = call('ZRANGE', asleep, 0, 0, 'WITHSCORES')[2]
  local alone = not ranked[2] and not (waking and tonumber(waking) * 1000 <= horizon_us)
  local in_line = every_us > 0 and not alone
  if c and in_line and c.tat_us > line_us() + GAP_US then
    -- Others may want the places before it: it takes its own when that comes near.
    wait_until = math.ceil((c.tat_us - LEAD_US - GAP_US) / 1000)
    break
  end
  local part, lane, closes, c_room, from, to
  if c then
    wake_lanes(c)
    local first = call('ZRANGE', k_lanes_open(c.cid), 0, 0, 'WITHSCORES')
    part, lane = string.match(first[1] or '', '^(%a):(%d+)$')
    closes = lane and tonumber(first[2]) % LANE_RANK
    c_room = lane and is_dialing(c) and live_room(k_live(c.cid), c.max_live, c.claimed) or 0
    if lane then from, to = interval_at(c, lane, now_ms) end
  end
  local first_us = c and math.max(line_us(), c.tat_us)
  if not c then
    -- All that were looked at have been parked.
  elseif not lane or not is_dialing(c) then
    place_campaign(c)
  elseif to and closes ~= math.min(to, CLOSES_MAX) then
    -- It has been closed since it was placed: others may close sooner now.
    place_lane(c, lane)
    place_campaign(c)
  elseif c_room <= 0 then
    park(c, now_ms + 1000)
    call('SADD', k_starved(account), c.cid)
  elseif c.run_until > 0 and first_us >= c.run_until * 1000 then
    park(c, c.run_until)
  elseif to and first_us >= to * 1000 then
    place_lane(c, lane, to)
    place_campaign(c)
  else
    -- With company, campaigns take turns, each at its own pace; alone, one takes all.
    local spacing = math.max(every_us, c.every_us)
    local n = math.min(want - granted, c_room)
    local function until_us(limit_us)
      if spacing > 0 then n = math.min(n, math.floor((limit_us - first_us) / spacing) + 1) end
    end
    until_us(horizon_us)
    if to then until_us(to * 1000 - 1) end
    if not alone then n = math.min(n, math.max(1, math.min(16, c.weight))) end
    if in_line and c.every_us > every_us then n = math.min(n, 1) end
    if in_line and due_us then until_us(due_us) end
    local contacts, taken = {}, 0
    if from and from <= now_ms and n > 0 then contacts, taken = take(c, part, lane, n) end
    if taken < n then place_lane(c, lane) end
    local claim_args = {}
    for _, contact in ipairs(contacts) do
      local permit_us = math.max(line_us(), c.tat_us)
      if every_us > 0 then tat_us = permit_us + every_us end
      c.tat_us = permit_us + c.every_us
      local position = int(contact[1])
      claim_args[#claim_args + 1] = int(math.floor(permit_us / 1000) + CLAIM_GRACE_MS)
      claim_args[#claim_args + 1] = claim_of(c, contact[1], lane)
      items[#items + 1] = c.cid
      items[#items + 1] = c.version
      items[#items + 1] = position
      items[#items + 1] = lane
      items[#items + 1] = int(permit_us)
      items[#items + 1] = contact[2]
    end
    granted = granted + #contacts
    if #contacts > 0 then
      -- Counted are claims, not entries: one that this worker holds already is given back once.
      local added = call('ZADD', k_claims(), unpack(claim_args))
      claimed_now = claimed_now + added
      c.claimed = c.claimed + added
      c.pass = c.pass + math.floor(#contacts * 1000 / c.weight)
      call('HSET', k_campaign(c.cid), 'claimed', c.claimed, 'pass', c.pass, 'tat_us', int(c.tat_us))
      call('ZADD', ready, 'XX', int(c.priority * 1e12 + c.pass), c.cid)
    end
  end
end

if granted > 0 then
  if unlimited then count_grants(account, granted) end
  call('HSET', k_account(account), 'tat_us', int(tat_us), 'request_tat_us', int(tat_us - every_us + request_us))
  call('HINCRBY', k_account(account), 'claimed', claimed_now)
end
place_touched()
local next_campaign = call('ZRANGE', asleep, 0, 0, 'WITHSCORES')[2]
if next_campaign and (wait_until == 0 or tonumber(next_campaign) < wait_until) then
  wait_until = math.max(tonumber(next_campaign), now_ms)
end
if granted > 0 and wait_until == 0 and call('EXISTS', ready) == 1 then wait_until = now_ms end
return { 1, wait_until, unpack(items) }
