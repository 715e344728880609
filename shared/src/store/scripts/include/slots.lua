-- Live-call slots and claims that give room back. Campaigns that found no room left their name in `starved`.
local claims_given_back = {}

local function give_back_claim(c)
  local n = claims_given_back[c.cid] or 0
  claims_given_back[c.cid] = n + 1
end

local freed_accounts = {}

local function free_slot(c, slot)
  call('ZREM', k_live(c.cid), slot)
  call('ZREM', k_account_live(c.account), c.cid .. ':' .. slot)
  freed_accounts[c.account] = true
end

-- A call is taken for over at an instant (ms; '0': nothing is known).
local function shorten_slot(c, slot, until_ms)
  if until_ms == '0' then return end
  call('ZADD', k_live(c.cid), 'XX', 'LT', until_ms, slot)
  call('ZADD', k_account_live(c.account), 'XX', 'LT', until_ms, c.cid .. ':' .. slot)
end

-- Writes the claim counters and wakes those who waited for room.
local function settle_slots()
  for cid, n in pairs(claims_given_back) do
    local c = campaign(cid)
    c.claimed = call('HINCRBY', k_campaign(cid), 'claimed', -n)
    call('HINCRBY', k_account(c.account), 'claimed', -n)
    freed_accounts[c.account] = true
  end
  for account in pairs(freed_accounts) do
    local starved = call('SMEMBERS', k_starved(account))
    if #starved > 0 then
      call('DEL', k_starved(account))
      for _, cid in ipairs(starved) do
        if cid ~= '*' then place_campaign(campaign(cid)) end
      end
      call('PUBLISH', P .. 'wake', account)
    end
  end
end

-- A number is locked from its intent to its outcome, all over the workspace. Only its owner frees or shortens the lock.
local function number_locked(number)
  local lock = call('HGET', k_numbers(), number)
  local lock_until = lock and tonumber(string.match(lock, '^(%d+)|'))
  return lock_until and lock_until > now_ms
end

local function lock_number(number, lock_until, owner) call('HSET', k_numbers(), number, lock_until .. '|' .. owner) end

local function release_number(number, lock_until, owner)
  local lock = call('HGET', k_numbers(), number)
  if not lock or string.match(lock, '|(.*)$') ~= owner then return end
  if lock_until == '0' then call('HDEL', k_numbers(), number) else lock_number(number, lock_until, owner) end
end
