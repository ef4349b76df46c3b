-- Begins a merge: from now on the known user's events wait until it has ended (record.lua answers "merging").
--
-- KEYS[1]  what every key of the known user's partition starts with
-- ARGV     known user, anonymous user, what every key of the latter's partition starts with, now (ms), event_ttl_ms,
--          most users that may be merged into one
-- returns  "open", or why not and because of whom: "erasing", "aliased" USER, "merging" USER, "full"

local tag, user, other, ttl = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[5])
local profile, aliases = tag .. 'profile:' .. user, tag .. 'aliases:' .. user
local held = redis.call('HMGET', profile, 'erasing', 'alias', 'merging')
if (tonumber(held[1]) or 0) > tonumber(ARGV[4]) then return {'erasing', ''} end
if held[2] then return {'aliased', held[2]} end
if held[3] and held[3] ~= other then return {'merging', held[3]} end
if redis.call('HEXISTS', aliases, other) == 0 and redis.call('HLEN', aliases) >= tonumber(ARGV[6]) then
  return {'full', ''}
end

redis.call('HSETNX', aliases, other, '0 ' .. ARGV[3])
redis.call('PEXPIRE', aliases, 2 * ttl)
redis.call('HSET', profile, 'merging', other)
redis.call('PEXPIRE', profile, ttl)
return {'open', ''}
