-- suppress: put numbers on a list, from this moment on. A number that is on it keeps its `since` and gets the new end and
-- reason.
-- ARGV 2 scope ('' = the workspace, or a campaign), 3 list, 4 until_ms (0 = for good), 5 reason, then numbers (digits)
-- Returns how many were not on it; -1, with nothing written, when the scope has too many lists.
--@include time suppressions
local scope, list, until_ms = ARGV[2], ARGV[3], ARGV[4]
local lists = k_suppressions(scope)
if call('HEXISTS', lists, list) == 0 and call('HLEN', lists) >= SUPPRESSION_LISTS_MAX then return -1 end
local new = 0
for i = 6, #ARGV do
  local key, field = added_place(scope, ARGV[i])
  local lines, since_ms = {}, nil
  for line in string.gmatch(call('HGET', key, field) or '', '[^\n]*\n') do
    local of, since, ends = string.match(line, '^(%S+) (%d+) (%d+) ')
    if of ~= list then
      lines[#lines + 1] = line
    else
      -- One that had ended and was not cleared away yet is new.
      since_ms = (ends == '0' or tonumber(ends) > now_ms) and since or int(now_ms)
      if since_ms ~= since then new = new + 1 end
    end
  end
  if not since_ms then
    new = new + 1
    count_added(scope, list, 1)
  end
  lines[#lines + 1] = list .. ' ' .. (since_ms or int(now_ms)) .. ' ' .. until_ms .. ' ' .. ARGV[5] .. '\n'
  call('HSET', key, field, table.concat(lines))
  local member = scope .. ' ' .. list .. ' ' .. ARGV[i]
  if until_ms == '0' then
    call('ZREM', k_suppression_ends(), member)
  else
    call('ZADD', k_suppression_ends(), until_ms, member)
  end
end
return new
