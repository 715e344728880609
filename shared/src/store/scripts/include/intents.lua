-- Intents: attempts that are about to be dialed, or are. Needs records, slots and caps.

-- Ends a worker's claim of a contact; false when it has none.
local function take_claim(c, position, lane, worker)
  if call('ZREM', k_claims(), worker .. ':' .. c.cid .. ':' .. position .. ':' .. lane) == 0 then return false end
  give_back_claim(c)
  return true
end

local dialing = {}

-- Writes a contact's record with a live attempt: its slot, its number, and the instant from which it is in doubt.
-- The call is counted.
local function write_intent(c, position, revision, record, worker, number, contact, live_until, lock_until, send_by_us,
  timeout_ms, called_ms)
  local slot = position .. ':' .. revision
  write_record(c.cid, position, record)
  call('ZADD', k_live(c.cid), live_until, slot)
  call('ZADD', k_account_live(c.account), live_until, c.cid .. ':' .. slot)
  lock_number(number, lock_until, c.cid .. ':' .. slot)
  note_call(number, contact, second_after(called_ms))
  call('ZADD', k_intents(), int(math.ceil(send_by_us / 1000) + timeout_ms + INTENT_GRACE_MS), c.cid .. ':' .. slot .. ':' .. worker)
  c.last_send_by = math.max(c.last_send_by or 0, send_by_us)
  dialing[c.cid] = c
end

-- Keeps the instant after which a pause is complete.
local function write_send_by()
  for cid, c in pairs(dialing) do
    if c.last_send_by > tonumber(call('HGET', k_campaign(cid), 'send_by_us') or 0) then
      call('HSET', k_campaign(cid), 'send_by_us', int(c.last_send_by))
    end
  end
end
