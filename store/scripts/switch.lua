-- Makes a version of a model the current one.
--
-- KEYS[1]  what every key starts with
-- ARGV     name of the lease under which models are built, model, version (the lease's fencing token)
-- returns  1, or 0 when somebody else has taken the lease since, or a later version is current

if redis.call('HGET', KEYS[1] .. 'lock:' .. ARGV[1], 'token') ~= ARGV[3] then return 0 end
local held = redis.call('HGET', KEYS[1] .. 'models', ARGV[2])
if held and tonumber(held) > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1] .. 'models', ARGV[2], ARGV[3])
return 1
