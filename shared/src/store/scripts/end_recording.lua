-- end_recording: a recording is kept, or is not to be had.
-- ARGV 2 account, 3 entry, 4 what became of it: '+' and where it is, '-' and why not, '' = nobody wants to know
-- Returns 1, or 0 when another worker was faster.
--@include time campaign records
if call('ZREM', k_recordings(ARGV[2]), ARGV[3]) == 0 then return 0 end
local cid, position, revision = string.match(ARGV[3], '^(%x+):(%d+):(%d+):')
local word = string.sub(ARGV[4], 1, 1)
if word == '' then return 1 end
local c = campaign(cid)
-- Nobody asks for those of a campaign that is gone.
if c.state then call('HSET', k_recorded(cid, record_field(tonumber(position))), position .. ':' .. revision, ARGV[4]) end
note_late(c)
call('HINCRBY', k_account(ARGV[2]), word == '+' and 'recordings_kept' or 'recordings_lost', 1)
return 1
