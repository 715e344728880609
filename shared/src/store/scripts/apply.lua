-- apply: create a campaign, or change its definition under a new version.
-- ARGV 2 name, 3 id for a new one, 4 definition, 5 account, 6 priority, 7 weight, 8 every_us, 9 max_live, 10 cron (0 | 1),
-- 11 its caps, a rule a line (include/caps.lua), 12 whose zones count: those of all numbers, or of the one dialed
-- ('all' | 'dialed'), 13 what must be there: '' = anything, '-' = no such campaign, else `campaign version`,
-- 14 whether its events are told to somebody (0 | 1)
-- Returns {code, id, version}: 2 created, 1 updated, 0 unchanged, -1 the id is taken (ask again with another), -2 the account of a
-- campaign with contacts on calls cannot change, -3 whose zones count cannot change once there are contacts, -4 what must be there is not,
-- -5 one of this name was archived.
--@include time campaign records lanes caps
local cid = call('HGET', k_names(), ARGV[2])
local code = 1
local version = cid and call('HGET', k_campaign(cid), 'version') or ''
if ARGV[13] ~= '' and ARGV[13] ~= (cid and cid .. ' ' .. version or '-') then return { -4, cid or '', version } end
if cid then
  if call('GET', k_definition(cid)) == ARGV[4] then return { 0, cid, version } end
  local filed = call('HMGET', k_campaign(cid), 'blocks', 'zones')
  if (filed[1] or '0') ~= '0' and (filed[2] or 'all') ~= ARGV[12] then return { -3, cid, version } end
  call('ZREMRANGEBYSCORE', k_live(cid), '-inf', now_ms)
  local v = call('HMGET', k_campaign(cid), 'account', 'claimed', 'former_accounts')
  if v[1] ~= ARGV[5] and (call('EXISTS', k_live(cid)) == 1 or tonumber(v[2] or 0) > 0) then return { -2, cid, version } end
  if v[1] ~= ARGV[5] then
    call('ZREM', k_ready(v[1]), cid)
    call('ZREM', k_asleep(v[1]), cid)
    -- `until_ms account`, oldest first: through which account a past attempt went.
    call('HSET', k_campaign(cid), 'former_accounts', (v[3] or '') .. now_ms .. ' ' .. v[1] .. '\n')
  end
else
  if call('HEXISTS', k_archives(), ARGV[2]) == 1 then return { -5, '', '' } end
  cid = ARGV[3]
  if call('EXISTS', k_campaign(cid)) == 1 then return { -1, cid, '' } end
  code = 2
  call('HSET', k_names(), ARGV[2], cid)
  call('HSET', k_campaign(cid), 'name', ARGV[2], 'state', STATE.draft, 'created_ms', now_ms)
end
call('SET', k_definition(cid), ARGV[4])
call('SADD', k_accounts(), ARGV[5])
call('HINCRBY', k_campaign(cid), 'version', 1)
call('HSET', k_campaign(cid), 'account', ARGV[5], 'priority', ARGV[6], 'weight', ARGV[7], 'every_us', ARGV[8],
  'max_live', ARGV[9], 'cron', ARGV[10], 'zones', ARGV[12], 'applied_ms', now_ms)
write_caps(cid, ARGV[11])
call('HSET', k_campaign(cid), 'told', ARGV[14])
if ARGV[14] == '1' then call('SADD', k_told(), cid) end
-- A changed priority is a changed place.
call('ZREM', k_ready(ARGV[5]), cid)
local c = campaign(cid)
place_campaign(c)
note(c, 'd', c.version)
note_change(cid)
return { code, cid, c.version }
