-- A contact's record starts with its revision (4 bytes, big-endian), its state (1 byte) and its due time (6 bytes,
-- milliseconds) and its lane (1 to 3 bytes, 7 bits each, low ones first); the rest is Rust's. A contact without a
-- record is pending at revision 0.
local PENDING, ACTIVE, WAITING, HELD = 1, 2, 3, 4

local function record_field(position) return math.floor(position / RECORDS_PER_KEY), position % RECORDS_PER_KEY end

local function read_record(cid, position)
  local key, field = record_field(position)
  return call('HGET', k_records(cid, key), field)
end

local function write_record(cid, position, bytes)
  local key, field = record_field(position)
  call('HSET', k_records(cid, key), field, bytes)
  note_late(campaign(cid))
end

local function be(bytes, from, to)
  local n = 0
  for i = from, to do n = n * 256 + string.byte(bytes, i) end
  return n
end

local function revision_of(record) return record and be(record, 1, 4) or 0 end
local function state_of(record) return record and string.byte(record, 5) or PENDING end
local function due_of(record) return record and be(record, 6, 11) or 0 end

local function lane_of(record)
  local lane, weight, at = 0, 1, 12
  local byte = string.byte(record, at)
  while byte >= 128 do
    lane, weight, at = lane + (byte - 128) * weight, weight * 128, at + 1
    byte = string.byte(record, at)
  end
  return int(lane + byte * weight)
end

-- Whether a contact in this state stands in a lane, to be called.
local function is_callable(state) return state == PENDING or state == WAITING end

-- What an unfinished contact counts as once its campaign has ended (stopped: cancelled, past its end: expired).
local function counted_state(c, state)
  if c.unfinished ~= '' and (is_callable(state) or state == HELD) then return tonumber(c.unfinished) end
  return state
end

-- Notes what is to be told of a contact: an outcome of an attempt ('' = none), and that it is finished or held, or is so no longer.
local function note_move(c, position, attempt, outcome, from, to, revision)
  local has_moved = from ~= to and math.max(from, to) > WAITING
  if outcome == '' and not has_moved then return end
  note(c, 'a', position, attempt, outcome, has_moved and to or '', revision)
end

-- Counter changes are added up and written once. Pending is not stored: it is the total less all others.
local deltas = {}
local function count(cid, field, n)
  if n == 0 then return end
  local d = deltas[cid]
  if not d then d = {} deltas[cid] = d end
  d[field] = (d[field] or 0) + n
end

local function count_move(c, from, to)
  from, to = counted_state(c, from), counted_state(c, to)
  if from == to then return end
  if from ~= PENDING then count(c.cid, 's' .. from, -1) end
  if to ~= PENDING then count(c.cid, 's' .. to, 1) end
end

local function write_counts()
  for cid, d in pairs(deltas) do
    for field, n in pairs(d) do
      if n ~= 0 then
        call('HINCRBY', k_counts(cid), field, n)
        note_change(cid)
      end
    end
  end
end
