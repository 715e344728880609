-- write_index: replace some shards of a campaign's index, if the index still stands where the caller has read it.
-- ARGV 2 campaign, 3 where it stood, 4 where it stands now, then pairs: shard, its new contents ('' = it is gone)
-- Returns 1; 0 nothing was written: it stands elsewhere by now.
--@include time
local meta = k_campaign(ARGV[2])
if (call('HGET', meta, 'index') or '') ~= ARGV[3] then return 0 end
local full = {}
for i = 5, #ARGV, 2 do
  local shard = k_index(ARGV[2], ARGV[i])
  if ARGV[i + 1] == '' then
    call('DEL', shard)
  else
    full[#full + 1] = shard
    full[#full + 1] = ARGV[i + 1]
  end
end
if #full > 0 then call('MSET', unpack(full)) end
call('HSET', meta, 'index', ARGV[4])
return 1
