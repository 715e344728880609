-- listen: from now on, and for FEED_KEPT_MS, what happens in a campaign is written to its feed, which begins anew if nobody
-- listened any more.
-- ARGV 2 campaign
-- Returns {id of the feed's first entry, id of its last one}; nothing when there is no such campaign.
--@include time campaign
local c = campaign(ARGV[2])
if not c.state then return {} end
local feed = k_feed(c.cid)
if c.heard_until <= now_ms then call('DEL', feed) end
if call('EXISTS', feed) == 0 then call('XADD', feed, '*', 'e', 'b') end
call('HSET', k_campaign(c.cid), 'heard_until', int(now_ms + FEED_KEPT_MS))
-- It goes by itself, a little after the last who might come back to it.
call('PEXPIRE', feed, 2 * FEED_KEPT_MS)
return { call('XRANGE', feed, '-', '+', 'COUNT', 1)[1][1], call('XREVRANGE', feed, '+', '-', 'COUNT', 1)[1][1] }
