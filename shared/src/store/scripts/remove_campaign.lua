-- remove_campaign: take a campaign that is a draft or over out of everybody's sight. What it holds is dropped afterwards, step
-- by step (`forget_campaign` is the last one).
-- ARGV 2 name, 3 leader's fencing token ('' = asked for by a user)
-- Returns {code, id, state}: 1 it is out of sight, 0 there is none of this name, -1 its state does not allow it, -2 the token is
-- out of date, -3 it has live calls.
--@include time campaign records leader
local cid = call('HGET', k_names(), ARGV[2])
if not cid then return { 0, '', 0 } end
if not leads(ARGV[3]) then return { -2, cid, 0 } end
local c = campaign(cid)
if c.state ~= STATE.draft and c.state ~= STATE.stopped and c.state ~= STATE.completed then
  return { -1, cid, tonumber(c.state) }
end
call('ZREMRANGEBYSCORE', k_live(cid), '-inf', now_ms)
local active = tonumber(call('HGET', k_counts(cid), 's' .. ACTIVE) or 0)
if active > 0 or c.claimed > 0 or call('EXISTS', k_live(cid)) == 1 then return { -3, cid, tonumber(c.state) } end

call('HDEL', k_names(), ARGV[2])
call('HSET', k_removing(), cid, 0)
call('INCR', k_removals())
-- Nobody adds or files contacts of a campaign that has ended.
if c.unfinished == '' then call('HSET', k_campaign(cid), 'unfinished', CANCELLED) end
call('HSET', k_campaign(cid), 'state', STATE.stopped)
for _, account in ipairs(call('SMEMBERS', k_accounts())) do
  call('ZREM', k_ready(account), cid)
  call('ZREM', k_asleep(account), cid)
  call('SREM', k_starved(account), cid)
end
return { 1, cid, tonumber(c.state) }
