-- slow_account: after trouble an account calls at two thirds of its rate, and then ever faster until it has all of it
-- again. All trouble within SLOW_EVERY_MS counts once.
-- ARGV 2 account | Returns 1 when it was slowed, 0 when it just had been.
--@include time health
local slowed_ms = tonumber(call('HGET', k_account(ARGV[2]), 'slow_ms') or 0)
if now_ms - slowed_ms < SLOW_EVERY_MS then return 0 end
slow(ARGV[2], 1.5)
return 1
