-- Every script: KEYS 1 the workspace's prefix `{workspace}:` | ARGV 1 now in microseconds, 0 = the server's clock.
-- All other keys are derived from the prefix, so they share its hash slot.
local P = KEYS[1]
local call = redis.call
local now_us = tonumber(ARGV[1])
if now_us == 0 then
  local t = call('TIME')
  now_us = t[1] * 1000000 + t[2]
end
local now_ms = math.floor(now_us / 1000)

-- Numbers up to 2^53 as plain digits (tostring would print large ones in scientific notation).
local function int(n) return string.format('%.0f', n) end
