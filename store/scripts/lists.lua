-- Reads ready neighbour lists of several items: one reply for all, each list as one string.
--
-- KEYS[1]  what the lists' keys start with, e.g. "tandem:similar:"
-- ARGV     the greatest number of neighbours an item, then item ids
-- returns  for each item "other weight other weight ...", best first ("" when there is none)

local last = tonumber(ARGV[1]) - 1

local rows = {}
for i = 2, #ARGV do
  rows[i - 1] = table.concat(redis.call('ZREVRANGE', KEYS[1] .. ARGV[i], 0, last, 'WITHSCORES'), ' ')
end
return rows
