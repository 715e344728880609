-- Recordings of calls that somebody, or something, talked in: fetched where the account says so.
local wants_recordings = {}

local function keeps_recordings(account)
  if wants_recordings[account] == nil then
    wants_recordings[account] = call('HGET', k_account(account), 'recordings') == '1'
  end
  return wants_recordings[account]
end

-- `poll` is the call's entry in the queue of polls: campaign, position, revision, start, call id.
local function await_recording(c, outcome, poll)
  if (outcome ~= ANSWERED and outcome ~= VOICEMAIL) or not keeps_recordings(c.account) then return end
  local attempt, call_id = string.match(poll, '^(%x+:%d+:%d+):%d+:(.*)$')
  call('ZADD', k_recordings(c.account), 'NX', now_ms + RECORDING_AFTER_MS, attempt .. ':' .. call_id)
end
