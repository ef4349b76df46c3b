-- Removes what was copied away of an anonymous user. Sessions and baskets stay: they say what is counted. Whoever is
-- known now is no longer among the users whom a write key has brought.
--
-- KEYS[1]  what every key of the anonymous user's partition starts with
-- ARGV     anonymous user, known user, first and last day of the former's dedupe ids
-- returns  1, or 0 when the one is not the other's alias

local tag, user = KEYS[1], ARGV[1]
local profile = tag .. 'profile:' .. user
if redis.call('HGET', profile, 'alias') ~= ARGV[2] then return 0 end
redis.call('UNLINK', tag .. 'history:' .. user, tag .. 'served:' .. user, tag .. 'aliases:' .. user)
for day = tonumber(ARGV[3]), tonumber(ARGV[4]) do
  redis.call('UNLINK', string.format('%sids:%s:%.0f', tag, user, day))
end
redis.call('ZREM', tag .. 'active', user)
for _, key in ipairs(redis.call('ZRANGE', tag .. 'senders', 0, -1)) do
  redis.call('ZREM', tag .. 'senders:' .. key, user)
end
for _, name in ipairs(redis.call('HKEYS', profile)) do
  if name ~= 'alias' and name ~= 'aliased' and name ~= 'erasing' then redis.call('HDEL', profile, name) end
end
return 1
