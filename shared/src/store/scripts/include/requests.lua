-- The line in which all requests of an account stand, if it has a limit of them.

-- Takes the next place, if it is not later than `latest_us`. Answers when that request may be sent (0: at once).
local function take_request(account, latest_us)
  local v = call('HMGET', k_account(account), 'request_tat_us', 'request_us')
  local request_us = tonumber(v[2] or 0)
  if request_us == 0 then return 0 end
  local permit_us = math.max(now_us, tonumber(v[1] or 0))
  if permit_us <= latest_us then call('HSET', k_account(account), 'request_tat_us', int(permit_us + request_us)) end
  return permit_us
end
