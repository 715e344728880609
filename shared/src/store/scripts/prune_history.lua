-- prune_history: forget calls that no cap counts any more, in some shards of the history.
-- ARGV 2 first shard, 3 shards | Returns how many numbers and contacts were forgotten.
--@include time caps
local gone = 0
for shard = tonumber(ARGV[2]), ARGV[2] + ARGV[3] - 1 do
  for _, kind in ipairs({ 'n', 'c' }) do
    local key = k_history(kind, int(shard))
    local all = call('HGETALL', key)
    for i = 1, #all, 2 do
      if without_old(all[i + 1]) == NEVER then gone = gone + call('HDEL', key, all[i]) end
    end
  end
end
return gone
