-- remove_campaign: take a campaign that is a draft or over out of everybody's sight. What it holds is dropped afterwards, step
-- by step (`forget_campaign` is the last one).
-- ARGV 2 name, 3 leader's fencing token ('' = asked for by a user)
-- Returns {code, id, state}: 1 it is out of sight, 0 there is none of this name, -1 its state does not allow it, -2 the token is
-- out of date, -3 it has live calls.
--@include time campaign records leader removal
local cid = call('HGET', k_names(), ARGV[2])
if not cid then return { 0, '', 0 } end
if not leads(ARGV[3]) then return { -2, cid, 0 } end
local c = campaign(cid)
if c.state ~= STATE.draft and c.state ~= STATE.stopped and c.state ~= STATE.completed then
  return { -1, cid, tonumber(c.state) }
end
if may_be_live(c) then return { -3, cid, tonumber(c.state) } end

take_out_of_sight(c, ARGV[2])
return { 1, cid, tonumber(c.state) }
