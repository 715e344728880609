-- placed: the provider took the calls: note their ids, let the intents go, and file them to be polled.
-- ARGV from 2, a group of 10 a call: campaign, position, revision of the attempt (the intent's), expected revision,
-- new record, worker of the intent, poll entry ('' = not polled), first_poll_ms, call id, for how long our hook finds the
-- attempt by it (ms, 0 = not at all)
-- Returns a pair a call: 1, or the present record when its revision is not the expected one; then what our hook was told
-- of the call before its id was known ('' = nothing). Such a call is polled at once.
--@include time campaign records
local answers = {}
for i = 2, #ARGV, 10 do
  local c, position, expected = campaign(ARGV[i]), tonumber(ARGV[i + 1]), tonumber(ARGV[i + 3])
  local before = read_record(c.cid, position)
  local first_poll_ms, early = ARGV[i + 7], ''
  if ARGV[i + 9] ~= '0' then
    local key, attempt = k_call(c.account, ARGV[i + 8]), c.cid .. ':' .. ARGV[i + 1] .. ':' .. ARGV[i + 2]
    local whose, told = string.match(call('GET', key) or '', '^([^!]*)(.*)$')
    -- It stays with the id, for this reply may be lost.
    if told ~= '' and (whose == '' or whose == attempt) then early, first_poll_ms = told, now_ms end
    call('SET', key, attempt .. early, 'PX', ARGV[i + 9])
  end
  local answer = 1
  if revision_of(before) ~= expected then
    answer = before or ''
  else
    write_record(c.cid, position, ARGV[i + 4])
    call('ZREM', k_intents(), c.cid .. ':' .. ARGV[i + 1] .. ':' .. ARGV[i + 2] .. ':' .. ARGV[i + 5])
    if ARGV[i + 6] ~= '' then call('ZADD', k_polls(c.account), first_poll_ms, ARGV[i + 6]) end
  end
  answers[#answers + 1] = { answer, early }
end
return answers
