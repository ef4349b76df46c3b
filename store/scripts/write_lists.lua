-- Writes neighbour lists under a version of a model, and notes whose lists they are, so that they can be dropped.
--
-- KEYS[1]  what every key starts with
-- ARGV     name of the lease under which models are built, model, version (the lease's fencing token), life (ms), then
--          an item and its list by turns
-- returns  1, or 0 when somebody else has taken the lease since: then nothing is written

if redis.call('HGET', KEYS[1] .. 'lock:' .. ARGV[1], 'token') ~= ARGV[3] then return 0 end
local version = ARGV[2] .. ':' .. ARGV[3]
local stem = KEYS[1] .. version
redis.call('HSET', KEYS[1] .. 'models', version, 'written')
for i = 5, #ARGV, 2 do
  redis.call('RPUSH', stem, ARGV[i])
  redis.call('SET', stem .. ':' .. ARGV[i], ARGV[i + 1], 'PX', ARGV[4])
end
redis.call('PEXPIRE', stem, ARGV[4])
return 1
