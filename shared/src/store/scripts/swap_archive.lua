-- swap_archive: an archive has other files, or is forgotten, if it is still what the caller has read.
-- ARGV 2 name, 3 what the caller has read, 4 what is known from now on ('' = nothing: its name is free), 5 and 6 its former files
-- among those that do not count, 7 its new ones there ('' = none)
-- Returns 1, or 0 when it is another by now.
--@include time
if call('HGET', k_archives(), ARGV[2]) ~= ARGV[3] then return 0 end
call('HSET', k_loose_files(), ARGV[5], ARGV[6])
if ARGV[7] ~= '' then call('HDEL', k_loose_files(), ARGV[7]) end
if ARGV[4] == '' then return call('HDEL', k_archives(), ARGV[2]) end
call('HSET', k_archives(), ARGV[2], ARGV[4])
return 1
