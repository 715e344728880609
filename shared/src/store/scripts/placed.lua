-- placed: the provider took the calls: note their ids, let the intents go, and file them to be polled.
-- ARGV from 2, a group of 8 a call: campaign, position, revision of the attempt (the intent's), expected revision,
-- new record, worker of the intent, poll entry ('' = not polled), first_poll_ms
-- Returns one value a call: 1, or the present record when its revision is not the expected one.
--@include time campaign records
local answers = {}
for i = 2, #ARGV, 8 do
  local c, position, expected = campaign(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 3])
  local before = read_record(c.cid, position)
  if revision_of(before) ~= expected then
    answers[#answers + 1] = before or ''
  else
    write_record(c.cid, position, ARGV[i + 4])
    call('ZREM', k_intents(), c.cid .. ':' .. ARGV[i + 1] .. ':' .. ARGV[i + 2] .. ':' .. ARGV[i + 5])
    if ARGV[i + 6] ~= '' then call('ZADD', k_polls(c.account), ARGV[i + 7], ARGV[i + 6]) end
    answers[#answers + 1] = 1
  end
end
return answers
