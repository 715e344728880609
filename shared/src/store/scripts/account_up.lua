-- account_up: an account's provider answers again.
-- ARGV 2 account | Returns 1 when it was down, 0 otherwise.
--@include time health
if call('HEXISTS', k_account(ARGV[2]), 'down_until') == 0 then return 0 end
mend(ARGV[2])
return 1
