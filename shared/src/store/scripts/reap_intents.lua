-- reap_intents: the intents that nobody has settled in time. Their calls are in doubt: the caller concludes them.
-- ARGV 2 most | Returns the intents, `campaign:position:revision:worker`.
--@include time
if tonumber(call('GET', k_recovering()) or 0) > now_ms then return {} end
return call('ZRANGEBYSCORE', k_intents(), '-inf', now_ms, 'LIMIT', 0, ARGV[2])
