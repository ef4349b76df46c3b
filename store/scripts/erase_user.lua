-- Removes what is left of a user whose visits have been taken back. (A transaction would be refused when memory is
-- full, which is when erasing matters most.)
--
-- KEYS[1]  what every key of the partition starts with
-- ARGV     user, first and last day of their dedupe ids, and where they are the last to go: the channel of changes,
--          and what to say there
-- returns  the number of keys removed

local tag, user = KEYS[1], ARGV[1]
local removed = 0
for _, name in ipairs({'history:', 'profile:', 'visits:', 'served:', 'aliases:'}) do
  removed = removed + redis.call('UNLINK', tag .. name .. user)
end
for day = tonumber(ARGV[2]), tonumber(ARGV[3]) do
  removed = removed + redis.call('UNLINK', string.format('%sids:%s:%.0f', tag, user, day))
end
redis.call('ZREM', tag .. 'active', user)
for _, key in ipairs(redis.call('ZRANGE', tag .. 'senders', 0, -1)) do
  redis.call('ZREM', tag .. 'senders:' .. key, user)
end
if ARGV[4] then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
return removed
