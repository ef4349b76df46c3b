-- Makes a version of a model the current one, unless a later one is.
--
-- KEYS[1]  hash: model -> current version
-- ARGV     model, version
-- returns  the version that was current ("" when none was), or false when the current one is later

local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and tonumber(held) > tonumber(ARGV[2]) then return false end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return held or ''
