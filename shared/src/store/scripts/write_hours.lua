-- write_hours: write the open intervals of lanes, as of one version of their campaign.
-- ARGV 2 campaign, 3 version, 4 leader's fencing token ('' = asked for by another), then pairs: lane, spans `from-to,…` in
-- milliseconds
-- Returns 1, or, with nothing written, 0 when the campaign has another version by now, -2 when the token is out of date.
--@include time campaign records lanes leader
local c = campaign(ARGV[2])
if not leads(ARGV[4]) then return -2 end
if c.version ~= ARGV[3] then return 0 end
for i = 5, #ARGV, 2 do
  call('HSET', k_lane_hours(c.cid), ARGV[i], ARGV[3] .. '|' .. ARGV[i + 1])
  touch_lane(c, ARGV[i])
end
place_touched()
return 1
