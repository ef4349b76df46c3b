-- Replaces what was learned or pinned by what people set, in the next epoch: sums of the one before are dropped.
--
-- KEYS[1]  hash of weights (see learn.lua)
-- ARGV     channel on which changes are announced, then a field of the hash and its value by turns
-- returns  the new epoch

local epoch = (tonumber(redis.call('HGET', KEYS[1], 'epoch')) or 0) + 1
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'epoch', epoch, unpack(ARGV, 2))
redis.call('PUBLISH', ARGV[1], 'weights')
return epoch
