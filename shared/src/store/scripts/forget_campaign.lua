-- forget_campaign: drop what is left of a removed campaign whose contacts are gone.
-- ARGV 2 campaign
-- Returns 1; 0: it is not one that is being removed.
--@include time caps
local cid = ARGV[2]
if call('HEXISTS', k_removing(), cid) == 0 then return 0 end
local capped = call('HDEL', k_caps(), cid)
for place = 0, call('HLEN', k_zones(cid)) - 1 do capped = capped + call('HDEL', k_caps(), place_scope(cid, place)) end
if capped > 0 then note_caps() end
call('ZREM', k_changed(), cid)
local lists = call('HGETALL', k_suppressions(cid))
for i = 2, #lists, 2 do
  local generation = string.match(lists[i], '^(%d+) ')
  -- Imports that nobody names are dropped in their turn.
  if generation and generation ~= '0' then call('ZADD', k_idle_generations(), 0, generation) end
end
call('UNLINK', k_campaign(cid), k_definition(cid), k_counts(cid), k_zones(cid), k_schemas(cid), k_dictionary(cid),
  k_blocks(cid), k_lane_hours(cid), k_lanes_open(cid), k_lanes_closed(cid), k_live(cid), k_suppressions(cid), k_feed(cid),
  k_timeline(cid, 'close'), k_timeline(cid, 'wide'), k_outbox(cid), k_deliveries(cid))
call('SREM', k_told(), cid)
return call('HDEL', k_removing(), cid)
