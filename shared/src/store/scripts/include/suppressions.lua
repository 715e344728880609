-- Who must not be called. Lists are the workspace's (scope '') or a campaign's; each is `generation imported_ms until_ms
-- added reason`: numbers that were imported stand in containers of their generation (0 = none), those that were added
-- one by one in shards of their scope, as lines `list since_ms until_ms reason` (until 0 = for good).
local lists_by_scope = {}

local function lists_of(scope)
  local lists = lists_by_scope[scope]
  if lists then return lists end
  lists = { added = 0 }
  lists_by_scope[scope] = lists
  local all = call('HGETALL', k_suppressions(scope))
  for i = 1, #all, 2 do
    local generation, since_ms, until_ms, added, reason = string.match(all[i + 1], '^(%d+) (%d+) (%d+) (%d+) (.*)$')
    lists.added = lists.added + tonumber(added)
    local is_over = until_ms ~= '0' and tonumber(until_ms) <= now_ms
    if generation ~= '0' and not is_over then
      lists[#lists + 1] = { name = all[i], generation = generation, since_ms = since_ms, until_ms = until_ms, reason = reason }
    end
  end
  return lists
end

local function u16(bytes, at)
  local high, low = string.byte(bytes, at, at + 1)
  return high * 256 + low
end

-- Whether a container holds the low 16 bits of a number. A sparse one is those of all its numbers, in order, two bytes
-- each; a full one is where each of the 256 high bytes begins, two bytes each, then all low bytes.
local function holds(container, low)
  if #container <= SPARSE_CONTAINER_BYTES then
    local from, to = 0, #container / 2 - 1
    while from <= to do
      local middle = math.floor((from + to) / 2)
      local found = u16(container, middle * 2 + 1)
      if found == low then return true end
      if found < low then from = middle + 1 else to = middle - 1 end
    end
    return false
  end
  local high = math.floor(low / 256)
  local from = u16(container, high * 2 + 1)
  local to = high < 255 and u16(container, high * 2 + 3) or #container - 512
  return string.find(string.sub(container, 513 + from, 512 + to), string.char(low % 256), 1, true) ~= nil
end

local function is_imported(generation, number)
  local container = int(math.floor(number / 65536))
  local bytes = call('HGET', k_generation_part(generation, container % GENERATION_PARTS), container)
  return bytes and holds(bytes, number % 65536) or false
end

local function added_place(scope, number)
  local n = tonumber(number)
  return k_added(scope, int(n % ADDED_SHARDS)), int(math.floor(n / ADDED_SHARDS))
end

-- The lists that keep a campaign ('' = none in particular) from calling a number, each as {scope, list, since_ms, until_ms,
-- reason}; at most `most`.
local function suppressions_of(cid, number, most)
  local found = {}
  for _, scope in ipairs(cid == '' and { '' } or { '', cid }) do
    local lists = lists_of(scope)
    if lists.added > 0 and #found < most then
      local key, field = added_place(scope, number)
      for list, since_ms, until_ms, reason in string.gmatch(call('HGET', key, field) or '', '(%S+) (%d+) (%d+) ([^\n]*)\n') do
        local is_over = until_ms ~= '0' and tonumber(until_ms) <= now_ms
        if not is_over then found[#found + 1] = { scope, list, since_ms, until_ms, reason } end
      end
    end
    for _, list in ipairs(lists) do
      if #found < most and is_imported(list.generation, tonumber(number)) then
        found[#found + 1] = { scope, list.name, list.since_ms, list.until_ms, list.reason }
      end
    end
  end
  return found
end

-- Changes how many numbers stand on a list one by one; one that holds nothing is none.
local function count_added(scope, list, n)
  local generation, since_ms, until_ms, added, reason =
    string.match(call('HGET', k_suppressions(scope), list) or '0 0 0 0 ', '^(%d+) (%d+) (%d+) (%d+) (.*)$')
  added = tonumber(added) + n
  if added == 0 and generation == '0' then
    call('HDEL', k_suppressions(scope), list)
  else
    call('HSET', k_suppressions(scope), list, generation .. ' ' .. since_ms .. ' ' .. until_ms .. ' ' .. int(added) .. ' ' .. reason)
  end
end

-- Takes a number's line of a list ('' = every list) out of its shard, if `may_go` allows. Answers how many lines went.
local function take_off(scope, number, list, may_go)
  local key, field = added_place(scope, number)
  local rest, gone = {}, 0
  for line in string.gmatch(call('HGET', key, field) or '', '[^\n]*\n') do
    local of, until_ms = string.match(line, '^(%S+) %d+ (%d+) ')
    if (list == '' or of == list) and may_go(until_ms) then
      gone = gone + 1
      count_added(scope, of, -1)
      call('ZREM', k_suppression_ends(), scope .. ' ' .. of .. ' ' .. number)
    else
      rest[#rest + 1] = line
    end
  end
  if gone > 0 then
    if #rest == 0 then call('HDEL', key, field) else call('HSET', key, field, table.concat(rest)) end
  end
  return gone
end
