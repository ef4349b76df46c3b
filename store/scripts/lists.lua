-- Reads ready neighbour lists of several items: one reply for all, each list as one string. The versions of the models
-- are read in the same step, so nobody sees half of one.
--
-- KEYS[1]  what every key starts with
-- ARGV     the greatest number of content neighbours an item, then item ids
-- returns  for each item three strings "other weight other weight ...", best first ("" or nil when there is none):
--          content neighbours, walk, collaborative

local last = tonumber(ARGV[1]) - 1
local versions = redis.call('HMGET', KEYS[1] .. 'models', 'walk', 'collaborative')

local function of_model(name, version, item)
  return version and redis.call('GET', KEYS[1] .. name .. ':' .. version .. ':' .. item)
end

local rows = {}
for i = 2, #ARGV do
  local similar = redis.call('ZREVRANGE', KEYS[1] .. 'similar:' .. ARGV[i], 0, last, 'WITHSCORES')
  rows[i - 1] = {
    table.concat(similar, ' '),
    of_model('walk', versions[1], ARGV[i]),
    of_model('collaborative', versions[2], ARGV[i]),
  }
end
return rows
