-- begin: turn claimed contacts into dialing ones, each under the attempt that its new record describes, or say why not.
-- ARGV 2 worker, 3 send_lag_us, 4 timeout_ms
-- then a group of 13 a contact: campaign, version, position, lane, expected revision, permit_us, new record, number
-- (digits), contact (its id's fingerprint), live_until_ms (slot), lock_until_ms (number), then the poll entry of the former
-- attempt to end ('' = none), when the call begins (ms)
-- Returns {code, send_by_us, words} a contact. Codes: 1 begun, -1 lease lost, -2 campaign not dialing, -3 window closed,
-- -4 claim gone (expired, or given to another), -5 record changed, -6 number in use, due again later, -7 too late,
-- -8 suppressed, due again a little later unless the caller moves it on, -9 capped, due again at the instant that stands
-- for send_by_us (ms): the cap in words
--@include time campaign records lanes slots caps suppressions intents
local worker, lag_us, timeout_ms = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local lease = tonumber(call('ZSCORE', k_workers(), worker) or 0)
-- What is being dialed may not have been replayed yet.
local recovering = tonumber(call('GET', k_recovering()) or 0) > now_ms
local GROUP = 13

local function refuse(c, lane, position, code, due)
  file_contact(c, lane, position, due or 0)
  return code, due or 0
end

local function begin(c, version, position, lane, expected, permit_us, record, number, contact, live_until, lock_until, old_poll, called_ms)
  if not take_claim(c, position, lane, worker) then return -4, 0 end
  local send_by_us = math.min(permit_us + lag_us, lease * 1000)
  if lease <= now_ms then return refuse(c, lane, position, -1) end
  if now_us > send_by_us then return refuse(c, lane, position, -7) end
  if recovering or not is_dialing(c) then return refuse(c, lane, position, -2) end
  local from, to = interval_at(c, lane, now_ms)
  if c.version ~= version or not from or from * 1000 > permit_us or to * 1000 <= permit_us then
    return refuse(c, lane, position, -3)
  end
  send_by_us = math.min(send_by_us, to * 1000)
  if c.run_until > 0 then send_by_us = math.min(send_by_us, c.run_until * 1000) end
  local before = read_record(c.cid, position)
  local from_state = state_of(before)
  if not is_callable(from_state) then return -5, 0 end
  if revision_of(before) ~= expected then return refuse(c, lane, position, -5) end
  if suppressions_of(c.cid, number, 1)[1] then return refuse(c, lane, position, -8, now_ms + SUPPRESSED_MS) end
  if number_locked(number) then return refuse(c, lane, position, -6, now_ms + NUMBER_BUSY_MS) end
  local capped_ms, cap = capped_until(c.cid, lane, number, contact, called_ms)
  if capped_ms then
    refuse(c, lane, position, -9, capped_ms)
    return -9, capped_ms, cap
  end
  write_intent(c, position, int(expected + 1), record, worker, number, contact, live_until, lock_until, send_by_us, timeout_ms,
    called_ms)
  if old_poll ~= '' then call('ZREM', k_polls(c.account), old_poll) end
  count_move(c, from_state, ACTIVE)
  count(c.cid, 'attempts', 1)
  return 1, send_by_us
end

local answers, begun = {}, {}
for i = 5, #ARGV, GROUP do
  local c = campaign(ARGV[i])
  local code, send_by_us, words = begin(c, ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3], tonumber(ARGV[i + 4]),
    tonumber(ARGV[i + 5]), ARGV[i + 6], ARGV[i + 7], ARGV[i + 8], ARGV[i + 9], ARGV[i + 10], ARGV[i + 11],
    tonumber(ARGV[i + 12]))
  answers[#answers + 1] = { code, int(send_by_us), words or '' }
  if code == 1 then begun[c.cid] = (begun[c.cid] or 0) + 1 end
end
local second = math.floor(now_ms / 1000)
for cid, n in pairs(begun) do
  -- Starts of the last seconds, in a ring that `status` reads.
  local slot = 't' .. second % STARTS_RING
  local at, starts = string.match(call('HGET', k_counts(cid), slot) or '', '^(%d+):(%d+)$')
  if at == tostring(second) then n = n + tonumber(starts) end
  call('HSET', k_counts(cid), slot, second .. ':' .. n)
end
write_send_by()
write_counts()
place_touched()
settle_slots()
return answers
