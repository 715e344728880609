-- intern: the number of a text that many contacts share (a time zone, a list's columns), made when it is new.
-- ARGV 2 campaign, 3 'zones' | 'schemas', 4 text | Returns its number, from 0.
--@include time
local key = ARGV[3] == 'zones' and k_zones(ARGV[2]) or k_schemas(ARGV[2])
local n = call('HGET', key, ARGV[4])
if n then return tonumber(n) end
n = call('HLEN', key)
call('HSET', key, ARGV[4], n)
return n
