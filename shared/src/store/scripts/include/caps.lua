-- Caps: how many calls a number or a contact may get within a sliding window, over all campaigns, and the history of calls
-- that this needs. A rule is a line `kind count window_s words`: n calls of a number, c calls of a contact, a time after
-- an answered call. A history is when the last answered call was (0 = never), then when each call was, oldest first: four
-- bytes each, seconds, big-endian. A call counts from the full second after its
-- beginning.
local NEVER = '\0\0\0\0'

local rules_by_scope = {}

-- The rules of a campaign at one of its places, which a preset asks for.
local function place_scope(cid, place) return cid .. ':' .. int(place) end

-- The rules of a campaign, of a place, or ('') those that bind all campaigns.
local function rules_of(scope)
  local rules = rules_by_scope[scope]
  if rules then return rules end
  rules = {}
  rules_by_scope[scope] = rules
  local text = call('HGET', k_caps(), scope) or ''
  for kind, count, window_s, words in string.gmatch(text, '(%a) (%d+) (%d+) ([^\n]+)\n') do
    rules[#rules + 1] = { kind = kind, count = tonumber(count), window_s = tonumber(window_s), words = words }
  end
  return rules
end

-- Notes what history all rules together need, and that they have changed: `seconds calls of_contacts changes`.
local function note_caps()
  local seconds, calls, of_contacts = HISTORY_MIN_S, HISTORY_MIN_CALLS, 0
  local all = call('HGETALL', k_caps())
  for i = 1, #all, 2 do
    for kind, count, window_s in string.gmatch(all[i] == '*' and '' or all[i + 1], '(%a) (%d+) (%d+) [^\n]+\n') do
      seconds = math.max(seconds, tonumber(window_s))
      calls = math.max(calls, tonumber(count) + HISTORY_SPARE_CALLS)
      if kind == 'c' then of_contacts = 1 end
    end
  end
  local changes = tonumber(string.match(call('HGET', k_caps(), '*') or '', '^%d+ %d+ %d (%d+)$') or 0) + 1
  call('HSET', k_caps(), '*', int(seconds) .. ' ' .. int(calls) .. ' ' .. of_contacts .. ' ' .. int(changes))
end

-- Replaces the rules of a scope.
local function write_caps(scope, text)
  if text == (call('HGET', k_caps(), scope) or '') then return false end
  if text == '' then call('HDEL', k_caps(), scope) else call('HSET', k_caps(), scope, text) end
  note_caps()
  return true
end

local kept
local function history_kept()
  if kept then return kept end
  local seconds, calls, of_contacts = string.match(call('HGET', k_caps(), '*') or '', '^(%d+) (%d+) (%d)')
  kept = {
    seconds = tonumber(seconds or HISTORY_MIN_S), calls = tonumber(calls or HISTORY_MIN_CALLS), of_contacts = of_contacts == '1',
  }
  return kept
end

local function second_after(ms) return math.floor(ms / 1000) + 1 end

-- Of a history, as far as it counts still.
local function without_old(history)
  local oldest = math.floor(now_ms / 1000) - history_kept().seconds
  local first = math.max(5, #history + 1 - 4 * history_kept().calls)
  while first < #history and struct.unpack('>I4', history, first) < oldest do first = first + 4 end
  local answered = struct.unpack('>I4', history, 1) < oldest and NEVER or string.sub(history, 1, 4)
  return answered .. string.sub(history, first)
end

local histories = {}
local function history_of(kind, id)
  local h = histories[kind .. id]
  if h then return h end
  local n = tonumber(id)
  h = { key = k_history(kind, int(n % HISTORY_SHARDS)), field = int(math.floor(n / HISTORY_SHARDS)) }
  h.times = call('HGET', h.key, h.field) or NEVER
  histories[kind .. id] = h
  return h
end

local function write_history(h, times)
  h.times = without_old(times)
  if h.times == NEVER then call('HDEL', h.key, h.field) else call('HSET', h.key, h.field, h.times) end
end

-- Changes the history of a number and, where a cap needs it, that of a contact ('0' = unknown).
local function change_histories(number, contact, change)
  if number ~= '' then change(history_of('n', number)) end
  if contact ~= '0' and history_kept().of_contacts then change(history_of('c', contact)) end
end

local function note_call(number, contact, second)
  change_histories(number, contact, function(h)
    local at = #h.times
    while at > 4 and struct.unpack('>I4', h.times, at - 3) > second do at = at - 4 end
    write_history(h, string.sub(h.times, 1, at) .. struct.pack('>I4', second) .. string.sub(h.times, at + 1))
  end)
end

-- The call never was. What is known of its beginning may be some milliseconds later than what was noted.
local function forget_call(number, contact, second)
  change_histories(number, contact, function(h)
    for at = #h.times - 3, 5, -4 do
      local noted = struct.unpack('>I4', h.times, at)
      if noted == second or noted == second - 1 then
        return write_history(h, string.sub(h.times, 1, at - 1) .. string.sub(h.times, at + 4))
      end
    end
  end)
end

local function note_answer(number, second)
  local h = history_of('n', number)
  local answered = math.max(second, (struct.unpack('>I4', h.times, 1)))
  write_history(h, struct.pack('>I4', answered) .. string.sub(h.times, 5))
end

-- When a call at this instant satisfies a rule (seconds; 0 = it does).
local function free_from(rule, number, contact)
  local h = rule.kind == 'c' and history_of('c', contact) or history_of('n', number)
  local at = rule.kind == 'a' and 1 or #h.times + 1 - 4 * rule.count
  if rule.kind ~= 'a' and at < 5 then return 0 end
  local second = struct.unpack('>I4', h.times, at)
  return second == 0 and 0 or second + rule.window_s
end

-- When a campaign's call in a lane at `at_ms` would satisfy all caps, and the one that takes longest, in words; nil: it does.
local function capped_until(cid, lane, number, contact, at_ms)
  local until_ms, words
  for _, scope in ipairs({ '', cid, place_scope(cid, math.floor(tonumber(lane) / 16)) }) do
    for _, rule in ipairs(rules_of(scope)) do
      local free_ms = free_from(rule, number, contact) * 1000
      if free_ms > (until_ms or at_ms) then
        until_ms, words = free_ms, rule.words
      end
    end
  end
  return until_ms, words
end
