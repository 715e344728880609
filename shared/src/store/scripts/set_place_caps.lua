-- set_place_caps: the caps of a campaign's calls by where they go, as the preset of one version of it asks for them.
-- ARGV 2 campaign, 3 version, 4 leader's fencing token ('' = asked for by another), then pairs of a place's number and its
-- rules, one a line (include/caps.lua)
-- Returns 1, or, with nothing written, 0 when the campaign has another version by now, -2 when the token is out of date.
--@include time campaign caps leader
local c = campaign(ARGV[2])
if not leads(ARGV[4]) then return -2 end
if c.version ~= ARGV[3] then return 0 end
for i = 5, #ARGV, 2 do write_caps(place_scope(c.cid, ARGV[i]), ARGV[i + 1]) end
return 1
