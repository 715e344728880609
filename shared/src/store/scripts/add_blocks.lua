-- add_blocks: append blocks of contacts to lanes, with their counts; nothing of it when the campaign has more blocks than
-- the caller has compared its contacts with, or others of their numbers.
-- ARGV 2 campaign, 3 blocks that the caller knows, 4 the numbers whose zones its lanes are of ('all' | 'dialed'), 5 how often edits had added numbers by then, then a group
-- of 4 a block: lane, rows, block, due times of rows that wait (`row:due_ms,…`)
-- Returns 1 written; 0 the campaign has other blocks by now; -1 it has ended; -2 it asks for other zones by now.
--@include time campaign records lanes
local c, meta = campaign(ARGV[2]), k_campaign(ARGV[2])
if c.unfinished ~= '' then return -1 end
local known = call('HMGET', meta, 'blocks', 'numbers_added')
if (known[1] or '0') ~= ARGV[3] or (known[2] or '0') ~= ARGV[5] then return 0 end

-- Rows that wait go to the bucket of their time, the others in a row to the lane's queue.
local function file_rows(lane, first, rows, due_times)
  local waits = {}
  for row, due in string.gmatch(due_times, '(%d+):(%d+)') do waits[tonumber(row)] = tonumber(due) end
  local start = 0
  for row = 0, rows do
    if row == rows or waits[row] then
      if row > start then call('RPUSH', k_queue(c.cid, lane), (first + start) .. ':' .. (row - start)) end
      if waits[row] then file_contact(c, lane, first + row, waits[row]) end
      start = row + 1
    end
  end
end

if (call('HGET', meta, 'zones') or 'all') ~= ARGV[4] then return -2 end

local block, total = tonumber(ARGV[3]), 0
for i = 6, #ARGV, 4 do
  local lane, rows = ARGV[i], tonumber(ARGV[i + 1])
  call('SET', k_block(c.cid, block), ARGV[i + 2])
  call('RPUSH', k_blocks(c.cid), lane .. ':' .. rows)
  file_rows(lane, block * ROWS_PER_BLOCK, rows, ARGV[i + 3])
  touch_lane(c, lane)
  block, total = block + 1, total + rows
end
call('HSET', meta, 'blocks', block)
call('HINCRBY', k_counts(c.cid), 'total', total)
note_change(c.cid)
reopen(c)
place_touched()
return 1
