-- forget_calls: forget when a number, or a contact, was called, over all campaigns.
-- ARGV from 2, pairs: kind ('n' number, 'c' contact), its digits or its id's fingerprint
-- Returns 1; 0 nothing was done: one of the numbers may be on a call.
--@include time campaign records lanes slots caps
for i = 2, #ARGV, 2 do
  if ARGV[i] == 'n' and number_locked(ARGV[i + 1]) then return 0 end
end
for i = 2, #ARGV, 2 do
  local h = history_of(ARGV[i], ARGV[i + 1])
  call('HDEL', h.key, h.field)
  if ARGV[i] == 'n' then call('HDEL', k_numbers(), ARGV[i + 1]) end
end
return 1
