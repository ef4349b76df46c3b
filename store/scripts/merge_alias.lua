-- Makes a user another name of a known one: from now on nothing more is recorded under it.
--
-- KEYS[1]  what every key of the user's partition starts with
-- ARGV     user, known user, whose other name the user was before ("": nobody's), now (ms), event_ttl_ms
-- returns  "ok" and when (ms) it became one; or why not and because of whom: "erasing", "aliased" USER,
--          "merging" USER, "cycle"

local user, known, former, ttl = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[5])
local profile = KEYS[1] .. 'profile:' .. user
local held = redis.call('HMGET', profile, 'erasing', 'alias', 'merging', 'aliased')
if (tonumber(held[1]) or 0) > tonumber(ARGV[4]) then return {'erasing', ''} end
if held[2] ~= known then
  if (held[2] or '') ~= former then return {'aliased', held[2] or ''} end
  if held[3] then return {'merging', held[3]} end
  if redis.call('HEXISTS', KEYS[1] .. 'aliases:' .. user, known) == 1 then return {'cycle', ''} end
  redis.call('HSET', profile, 'alias', known)
end
local since = held[4] or ARGV[4]
redis.call('HSET', profile, 'aliased', since)
redis.call('PEXPIRE', profile, 2 * ttl)
return {'ok', since}
