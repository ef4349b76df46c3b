-- Notes a list that was shown to a user, the newest first.
--
-- KEYS[1]  what every key of the partition starts with
-- ARGV     user, revision that the list was made for, the list, most lists to keep, how long to keep them (ms)
-- returns  1, or 0 when the user is being erased, or has been or was merged since the list was made

local profile = KEYS[1] .. 'profile:' .. ARGV[1]
local held = redis.call('HMGET', profile, 'rev', 'erasing', 'alias')
if held[2] or held[3] or (not held[1] and tonumber(ARGV[2]) > 0) then return 0 end

local served = KEYS[1] .. 'served:' .. ARGV[1]
redis.call('LPUSH', served, ARGV[3])
redis.call('LTRIM', served, 0, ARGV[4] - 1)
redis.call('PEXPIRE', served, ARGV[5])
return 1
