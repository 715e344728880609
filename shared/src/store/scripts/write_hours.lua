-- write_hours: write the open intervals of lanes, as of one version of their campaign.
-- ARGV 2 campaign, 3 version, then pairs: lane, spans `from-to,…` in milliseconds | Returns 1, or 0 when the campaign has
-- another version by now (nothing is written).
--@include time campaign records lanes
local c = campaign(ARGV[2])
if c.version ~= ARGV[3] then return 0 end
for i = 4, #ARGV, 2 do
  call('HSET', k_lane_hours(c.cid), ARGV[i], ARGV[3] .. '|' .. ARGV[i + 1])
  touch_lane(c, ARGV[i])
end
place_touched()
return 1
