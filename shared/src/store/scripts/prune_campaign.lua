-- prune_campaign: drop what a stopped or expired campaign's contacts waited in, a bounded part of it. Nobody files there
-- any more (file_contact); records, blocks and counts stay.
-- ARGV 2 campaign, 3 leader's fencing token, 4 most keys to drop
-- Returns how many were dropped, 0 when nothing is left; -1 the campaign has not ended, -2 the token is out of date.
--@include time campaign leader
local c = campaign(ARGV[2])
if not leads(ARGV[3]) then return -2 end
if c.unfinished == '' then return -1 end
local most, dropped = tonumber(ARGV[4]), 0
local function drop(key) dropped = dropped + call('UNLINK', key) end

-- A lane is forgotten when it has no bucket left; until then the next call finds it again.
local function drop_lane(lane)
  local buckets = k_buckets(c.cid, lane)
  drop(k_queue(c.cid, lane))
  for _, due in ipairs(call('ZRANGE', buckets, 0, most - 1)) do
    drop(k_bucket(c.cid, lane, due))
    call('ZREM', buckets, due)
  end
  if call('EXISTS', buckets) == 0 then dropped = dropped + call('HDEL', k_lane_hours(c.cid), lane) end
end

local cursor = '0'
repeat
  local page = call('HSCAN', k_lane_hours(c.cid), cursor, 'COUNT', 64)
  cursor = page[1]
  for i = 1, #page[2], 2 do
    if dropped >= most then return dropped end
    drop_lane(page[2][i])
  end
until cursor == '0'
if call('EXISTS', k_lane_hours(c.cid)) == 0 then
  drop(k_lanes_open(c.cid))
  drop(k_lanes_closed(c.cid))
  call('HSET', k_campaign(c.cid), 'pruned', 1)
  note_change(c.cid)
end
return dropped
