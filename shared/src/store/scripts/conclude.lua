-- conclude: write what has become of attempts: their contacts' new records, counts, and the next place to wait in.
-- Serves a result, a withdrawal (nothing was sent: attempts = -1, no outcome) and a correction of an older attempt.
-- ARGV from 2, a group of 19 an attempt: campaign, position, revision of the attempt, expected revision, new record,
-- worker of the intent, lane to file in ('' = none), due_ms (0 = front of the lane), outcome that was counted before
-- (0 = none), outcome to count (0 = none), attempts to add, number to free ('' = none), then slot: 'free' | 'keep',
-- until when number and slot are taken (ms, 0 = the number is free, the slot as it was), poll entry,
-- poll: 'end' | 'keep', the whole record as it must be ('' = only its revision counts), contact (its id's fingerprint, 0 =
-- unknown), when the call was made (ms), which is forgotten with a withdrawal and noted with an answer
-- Returns one value an attempt: 1, or the present record when it is not the expected one.
--@include time campaign records lanes slots caps recordings
local GROUP = 19
local answers = {}
for i = 2, #ARGV, GROUP do
  local c, position, expected = campaign(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 3])
  local attempt, record, lane = ARGV[i + 2], ARGV[i + 4], ARGV[i + 6]
  local before = read_record(c.cid, position)
  local slot = ARGV[i + 1] .. ':' .. attempt
  local intent = c.cid .. ':' .. slot .. ':' .. ARGV[i + 5]
  local is_another = ARGV[i + 16] ~= '' and ARGV[i + 16] ~= before
  if revision_of(before) ~= expected or is_another then
    answers[#answers + 1] = before or ''
  else
    local from, to = state_of(before), state_of(record)
    count_move(c, from, to)
    write_record(c.cid, position, record)
    if lane ~= '' then
      -- A late answer may ask for another call of a contact that was finished.
      reopen(c)
      file_contact(c, lane, position, tonumber(ARGV[i + 7]))
    end
    if ARGV[i + 8] ~= '0' then count(c.cid, 'o' .. ARGV[i + 8], -1) end
    if ARGV[i + 9] ~= '0' then count(c.cid, 'o' .. ARGV[i + 9], 1) end
    count(c.cid, 'attempts', tonumber(ARGV[i + 10]))
    local number, second = ARGV[i + 11], second_after(tonumber(ARGV[i + 18]))
    if ARGV[i + 10] == '-1' then
      forget_call(number, ARGV[i + 17], second)
    elseif tonumber(ARGV[i + 9]) == ANSWERED and number ~= '' then
      note_answer(number, second)
    end
    call('ZREM', k_intents(), intent)
    if ARGV[i + 12] == 'free' then free_slot(c, slot) else shorten_slot(c, slot, ARGV[i + 13]) end
    if number ~= '' then release_number(number, ARGV[i + 13], c.cid .. ':' .. slot) end
    if ARGV[i + 15] == 'end' then
      call('ZREM', k_polls(c.account), ARGV[i + 14])
      if ARGV[i + 8] ~= ARGV[i + 9] then await_recording(c, tonumber(ARGV[i + 9]), ARGV[i + 14]) end
      call('PEXPIRE', k_call(c.account, string.match(ARGV[i + 14], '^%x+:%d+:%d+:%d+:(.*)$')), LATE_WORD_MS)
    end
    -- Outcomes are told, also when there is none any more.
    local is_told = ARGV[i + 8] ~= '0' or ARGV[i + 9] ~= '0'
    note_move(c, position, attempt, is_told and ARGV[i + 9] or '', counted_state(c, from), counted_state(c, to), revision_of(record))
    answers[#answers + 1] = 1
  end
end
write_counts()
place_touched()
settle_slots()
return answers
