-- Copies a part of what an anonymous user left into one key of the known one. Safe to repeat.
--
-- KEYS[1]  what every key of the known user's partition starts with
-- ARGV     known user, anonymous user, now (ms), command (ZADD, HSETNX), key, least life of the key (ms),
--          then two arguments of the command for each entry
-- returns  1, or 0 when this merge is not under way

local held = redis.call('HMGET', KEYS[1] .. 'profile:' .. ARGV[1], 'merging', 'erasing')
if held[1] ~= ARGV[2] or (tonumber(held[2]) or 0) > tonumber(ARGV[3]) then return 0 end

local command, key, life = ARGV[4], ARGV[5], tonumber(ARGV[6])
for i = 7, #ARGV, 2 do redis.call(command, key, ARGV[i], ARGV[i + 1]) end
if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, life) end
return 1
