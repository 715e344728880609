-- reap_claims: return contacts whose claim has expired to their lanes. Nothing rang, nothing is charged.
-- ARGV 2 most to return | Returns how many were returned.
--@include time campaign records lanes slots
if tonumber(call('GET', k_recovering()) or 0) > now_ms then return 0 end
local expired = call('ZRANGEBYSCORE', k_claims(), '-inf', now_ms, 'LIMIT', 0, ARGV[2])
for _, member in ipairs(expired) do
  local cid, position, lane = string.match(member, '^%d+:(%x+):(%d+):(%d+)$')
  local c = campaign(cid)
  give_back_claim(c)
  file_contact(c, lane, tonumber(position), 0)
  call('ZREM', k_claims(), member)
end
place_touched()
settle_slots()
return #expired
