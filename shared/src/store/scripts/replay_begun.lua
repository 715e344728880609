-- replay_begun: after a restart of Redis, write intents again that it has lost, each over the record that it has instead.
-- ARGV 2 send_lag_us, then a group of 17 an intent: campaign, position, lane, present revision, revision of the attempt, new
-- record, worker, number (digits), permit_us, timeout_ms, live_until_ms (slot), lock_until_ms (number), counts that the
-- lost changes had made `field:n,…`, attempts that were over by then `revision:number:worker,…`,
-- contact (its id's fingerprint), calls that the lost changes had counted (+) or forgotten (-) `±number:started_ms,…`, when the
-- call begins (ms)
-- Returns one value an intent: 1 written, 0 the record has another revision by now.
--@include time campaign records lanes slots caps intents
local lag_us = tonumber(ARGV[2])
local answers = {}
for i = 3, #ARGV, 17 do
  local c, position, revision = campaign(ARGV[i]), ARGV[i + 1], ARGV[i + 4]
  local before = read_record(c.cid, position)
  if revision_of(before) ~= tonumber(ARGV[i + 3]) then
    answers[#answers + 1] = 0
  else
    for attempt, number, worker in string.gmatch(ARGV[i + 13], '(%d+):(%d*):(%d+)') do
      local slot = position .. ':' .. attempt
      free_slot(c, slot)
      release_number(number, '0', c.cid .. ':' .. slot)
      call('ZREM', k_intents(), c.cid .. ':' .. slot .. ':' .. worker)
    end
    for sign, number, started_ms in string.gmatch(ARGV[i + 15], '([+-])(%d+):(%d+)') do
      local change = sign == '+' and note_call or forget_call
      change(number, ARGV[i + 14], second_after(tonumber(started_ms)))
    end
    take_claim(c, position, ARGV[i + 2], ARGV[i + 6])
    write_intent(c, position, revision, ARGV[i + 5], ARGV[i + 6], ARGV[i + 7], ARGV[i + 14], ARGV[i + 10], ARGV[i + 11],
      tonumber(ARGV[i + 8]) + lag_us, tonumber(ARGV[i + 9]), tonumber(ARGV[i + 16]))
    count_move(c, state_of(before), ACTIVE)
    for field, n in string.gmatch(ARGV[i + 12], '(%w+):(-?%d+)') do count(c.cid, field, tonumber(n)) end
    answers[#answers + 1] = 1
  end
end
write_send_by()
write_counts()
settle_slots()
return answers
