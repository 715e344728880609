-- restart_block: before a run that dials the whole list again, put contacts of one block back to pending. Blocks are done
-- in order, each once: the campaign remembers the next one.
-- ARGV 2 campaign, 3 leader's fencing token, 4 tick of the run (ms), 5 block, then a group of 4 a contact, by position:
-- position, expected revision, new record, lane
-- Returns 1 done; 0 a record has changed meanwhile: the others are done, read the block again; -1 this run is not being
-- prepared, or is not at this block; -2 the token is out of date.
--@include time campaign records lanes leader
local c = campaign(ARGV[2])
if not leads(ARGV[3]) then return -2 end
local v = call('HMGET', k_campaign(c.cid), 'restart', 'restart_block')
if v[1] ~= ARGV[4] or v[2] ~= ARGV[5] or c.unfinished ~= '' then return -1 end

local done = 1
local lane, first, rows
local function file_range()
  if not lane then return end
  call('RPUSH', k_queue(c.cid, lane), first .. ':' .. rows)
  touch_lane(c, lane)
end
for i = 6, #ARGV, 4 do
  local position = tonumber(ARGV[i])
  local before = read_record(c.cid, position)
  if revision_of(before) ~= tonumber(ARGV[i + 1]) then
    done = 0
  else
    count_move(c, state_of(before), state_of(ARGV[i + 2]))
    write_record(c.cid, position, ARGV[i + 2])
    if lane == ARGV[i + 3] and position == first + rows then
      rows = rows + 1
    else
      file_range()
      lane, first, rows = ARGV[i + 3], position, 1
    end
  end
end
file_range()
if done == 1 then
  call('HINCRBY', k_campaign(c.cid), 'restart_block', 1)
  note_change(c.cid)
end
write_counts()
place_touched()
return done
