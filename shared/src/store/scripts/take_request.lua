-- take_request: a place in the line of an account's requests for one that is neither a call nor a first poll.
-- ARGV 2 account | Returns permit_us: when it may be sent (0: at once).
--@include time requests
return take_request(ARGV[2], math.huge)
