-- edit_block: put a block in the place of what it was, and new records of some of its contacts; all of it or nothing.
-- ARGV 2 campaign, 3 block, 4 its bytes as the caller has read them, 5 its new bytes, 6 blocks that the campaign had when the
-- caller compared new numbers with its contacts ('' = there are none), 7 how often numbers had been added by then,
-- then a group of 5 a contact: position, expected revision, new record, lane to file in ('' = none), due_ms (0 = front)
-- Returns 1; 0 nothing was written: the block, a record or the campaign's contacts have changed since.
--@include time campaign records lanes
local c, meta, GROUP = campaign(ARGV[2]), k_campaign(ARGV[2]), 5
local block = k_block(c.cid, ARGV[3])
if call('GET', block) ~= ARGV[4] then return 0 end
if ARGV[6] ~= '' then
  local known = call('HMGET', meta, 'blocks', 'numbers_added')
  if (known[1] or '0') ~= ARGV[6] or (known[2] or '0') ~= ARGV[7] then return 0 end
end
for i = 8, #ARGV, GROUP do
  if revision_of(read_record(c.cid, tonumber(ARGV[i]))) ~= tonumber(ARGV[i + 1]) then return 0 end
end

call('SET', block, ARGV[5])
-- Lookups that find a contact by the index read its record too from now on: their copy of the block may be older.
call('HSET', meta, 'edited', 1)
if ARGV[6] ~= '' then call('HINCRBY', meta, 'numbers_added', 1) end
for i = 8, #ARGV, GROUP do
  local position, record, lane = tonumber(ARGV[i]), ARGV[i + 2], ARGV[i + 3]
  local from, to = state_of(read_record(c.cid, position)), state_of(record)
  count_move(c, from, to)
  write_record(c.cid, position, record)
  if lane ~= '' then
    reopen(c)
    file_contact(c, lane, position, tonumber(ARGV[i + 4]))
  end
  note_move(c, position, revision_of(record), '', counted_state(c, from), counted_state(c, to), revision_of(record))
end
write_counts()
place_touched()
return 1
