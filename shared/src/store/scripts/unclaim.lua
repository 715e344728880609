-- unclaim: a worker gives back claims it will not use (it drains, or the contact cannot be rendered now).
-- ARGV 2 worker, then a group of 4: campaign, position, lane, due_ms (0 = front of the lane) | Returns how many were its own.
--@include time campaign records lanes slots
local own = 0
for i = 3, #ARGV, 4 do
  local c, lane = campaign(ARGV[i]), ARGV[i + 2]
  if call('ZREM', k_claims(), ARGV[2] .. ':' .. ARGV[i] .. ':' .. ARGV[i + 1] .. ':' .. lane) == 1 then
    give_back_claim(c)
    file_contact(c, lane, tonumber(ARGV[i + 1]), tonumber(ARGV[i + 3]))
    own = own + 1
  end
end
place_touched()
settle_slots()
return own
