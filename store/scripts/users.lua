-- Reads what is stored of several users: one command and one reply for all, which takes a client a quarter of the time
-- of two commands a user.
--
-- KEYS[1]  what every key of the partition starts with
-- ARGV     how many acts of each at most, then user ids
-- returns  for each user two rows: of the history "member, time", newest first, and of the profile "field, value"

local last = tonumber(ARGV[1]) - 1
local rows = {}
for i = 2, #ARGV do
  rows[#rows + 1] = redis.call('ZREVRANGE', KEYS[1] .. 'history:' .. ARGV[i], 0, last, 'WITHSCORES')
  rows[#rows + 1] = redis.call('HGETALL', KEYS[1] .. 'profile:' .. ARGV[i])
end
return rows
