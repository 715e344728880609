-- archive_campaign: a campaign is whole in files: note where, and take it out of sight, all or nothing. What it holds is dropped
-- afterwards, as of a removed one.
-- ARGV 2 name, 3 campaign, 4 leader's fencing token, 5 the campaign as the files have it (`Fence`), 6 what is known of it from now on,
-- 7 its files among those that do not count
-- Returns 1 archived; 0 it is not as it was by then, or is not over; -2 the token is out of date; -3 it has live calls, or events
-- that were not told yet.
--@include time campaign records leader removal
local cid = ARGV[3]
if not leads(ARGV[4]) then return -2 end
if call('HGET', k_names(), ARGV[2]) ~= cid then return 0 end
local c = campaign(cid)
if c.state ~= STATE.stopped and c.state ~= STATE.completed then return 0 end
local parts = call('HMGET', k_campaign(cid), 'version', 'state', 'ended_ms', 'blocks', 'late', 'reason')
for i = 1, #parts do parts[i] = parts[i] or '' end
if table.concat(parts, '\n') ~= ARGV[5] then return 0 end
if may_be_live(c) or (c.is_told and call('XLEN', k_outbox(cid)) > 0) then return -3 end
call('HSET', k_archives(), ARGV[2], ARGV[6])
call('HDEL', k_loose_files(), ARGV[7])
take_out_of_sight(c, ARGV[2])
return 1
