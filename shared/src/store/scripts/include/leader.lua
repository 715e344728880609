-- Whether the leader that asks still leads; '' stands for a user or a worker, who need not.
local function leads(token) return token == '' or token == call('HGET', k_leader(), 'token') end
