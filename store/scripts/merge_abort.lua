-- Ends a merge that cannot be, or is given up for another: the known user is as before.
--
-- KEYS[1]  what every key of the known user's partition starts with
-- ARGV     known user, anonymous user
-- returns  1, or 0 when this merge is not under way

local profile = KEYS[1] .. 'profile:' .. ARGV[1]
if redis.call('HGET', profile, 'merging') ~= ARGV[2] then return 0 end
redis.call('HDEL', profile, 'merging')
redis.call('HDEL', KEYS[1] .. 'aliases:' .. ARGV[1], ARGV[2])
return 1
