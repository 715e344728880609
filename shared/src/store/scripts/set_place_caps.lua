-- set_place_caps: the caps of a campaign's calls by where they go, as a preset asks for them.
-- ARGV 2 campaign, then pairs of a place's number and its rules, one a line (include/caps.lua)
-- Returns how many places have changed.
--@include time caps
local changed = 0
for i = 3, #ARGV, 2 do
  if write_caps(place_scope(ARGV[2], ARGV[i]), ARGV[i + 1]) then changed = changed + 1 end
end
return changed
