-- drop_outbox: forget what waits to be told of a campaign of which nobody is told any more.
-- ARGV 2 campaign
-- Returns 1; 0: somebody is.
--@include time
local cid = ARGV[2]
if call('HGET', k_campaign(cid), 'told') == '1' then return 0 end
call('UNLINK', k_outbox(cid))
call('SREM', k_told(), cid)
return 1
