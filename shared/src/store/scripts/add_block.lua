-- add_block: append a block of contacts to a lane, with its index entries and counts; nothing of it when an id or number
-- may be in the campaign already.
-- ARGV 2 campaign, 3 lane, 4 rows, 5 block, 6 index entries (5 bytes each: row, fingerprint big-endian), 7 due times of
-- rows that wait, `row:due_ms,…`
-- Returns {1, block number}; {0, entry number from 0, position that holds its fingerprint, …} for the caller to compare;
-- {-1} the campaign has ended.
--@include time campaign records lanes
local c, lane, rows = campaign(ARGV[2]), ARGV[3], tonumber(ARGV[4])
if c.unfinished ~= '' then return { -1 } end
local meta = k_campaign(c.cid)
local sizes = call('HMGET', meta, 'blocks', 'index_entries', 'index_shards')
local block, entries, shards = tonumber(sizes[1] or 0), tonumber(sizes[2] or 0), tonumber(sizes[3] or 1)

-- The index grows by linear hashing: one shard splits at a time, so every shard stays small enough to be packed.
local level = 1
while level * 2 <= shards do level = level * 2 end
local function shard_of(fingerprint)
  local shard = fingerprint % (level * 2)
  if shard >= shards then shard = fingerprint % level end
  return shard
end
-- Redis packs a field best when it is a signed 32-bit integer.
local function field_of(fingerprint) return fingerprint - 2147483648 end

local keys, hits, added = ARGV[6], {}, {}
local n = #keys / 5
for i = 0, n - 1 do
  local row = string.byte(keys, i * 5 + 1)
  local fingerprint = be(keys, i * 5 + 2, i * 5 + 5)
  local shard, field = k_index(c.cid, shard_of(fingerprint)), field_of(fingerprint)
  if call('HSETNX', shard, field, block * ROWS_PER_BLOCK + row) == 1 then
    added[#added + 1] = { shard, field }
  else
    hits[#hits + 1] = i
    hits[#hits + 1] = tonumber(call('HGET', shard, field))
  end
end
if #hits > 0 then
  for _, entry in ipairs(added) do call('HDEL', entry[1], entry[2]) end
  return { 0, unpack(hits) }
end

entries = entries + n
while entries > shards * INDEX_SHARD_LOAD do
  if shards == level * 2 then level = shards end
  local from, to = shards - level, shards
  local old, new = k_index(c.cid, from), k_index(c.cid, to)
  local all, moved, gone = call('HGETALL', old), {}, {}
  for i = 1, #all, 2 do
    if (tonumber(all[i]) + 2147483648) % (level * 2) ~= from then
      moved[#moved + 1] = all[i]
      moved[#moved + 1] = all[i + 1]
      gone[#gone + 1] = all[i]
    end
  end
  if #gone > 0 then
    call('HSET', new, unpack(moved))
    call('HDEL', old, unpack(gone))
  end
  shards = shards + 1
end

call('SET', k_block(c.cid, block), ARGV[5])
call('RPUSH', k_blocks(c.cid), lane .. ':' .. rows)
local first = block * ROWS_PER_BLOCK
local waits = {}
for row, due in string.gmatch(ARGV[7], '(%d+):(%d+)') do waits[tonumber(row)] = tonumber(due) end
local start = 0
for row = 0, rows do
  if row == rows or waits[row] then
    if row > start then call('RPUSH', k_queue(c.cid, lane), (first + start) .. ':' .. (row - start)) end
    if waits[row] then file_contact(c, lane, first + row, waits[row]) end
    start = row + 1
  end
end
call('HSET', meta, 'blocks', block + 1, 'index_entries', entries, 'index_shards', shards)
call('HINCRBY', k_counts(c.cid), 'total', rows)
reopen(c)
touch_lane(c, lane)
place_touched()
return { 1, block }
