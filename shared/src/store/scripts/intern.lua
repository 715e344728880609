-- intern: the number of a text that many contacts share (where they can be, a list's columns), made when it is new.
-- ARGV 2 campaign, 3 'zones' | 'schemas', 4 text, 5 how many there may be | Returns its number, from 0; -1: there are as many.
--@include time
local key = ARGV[3] == 'zones' and k_zones(ARGV[2]) or k_schemas(ARGV[2])
local n = call('HGET', key, ARGV[4])
if n then return tonumber(n) end
n = call('HLEN', key)
if n >= tonumber(ARGV[5]) then return -1 end
call('HSET', key, ARGV[4], n)
return n
