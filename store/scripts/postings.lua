-- Reads which sessions hold items, newest first.
--
-- KEYS[1]  what every key of the partition starts with
-- ARGV     the current generation, the greatest number of sessions an item, then item ids
-- returns  for each item one string "USER:NAME USER:NAME ..." ("" when there are none): this generation's, then those
--          of the one before

local generation, limit = tonumber(ARGV[1]), tonumber(ARGV[2])

local rows = {}
for i = 3, #ARGV do
  local names = {}
  for age = 0, 1 do
    if #names < limit then
      local key = string.format('%ssessions:%.0f:%s', KEYS[1], generation - age, ARGV[i])
      for _, name in ipairs(redis.call('LRANGE', key, 0, limit - 1 - #names)) do names[#names + 1] = name end
    end
  end
  rows[i - 2] = table.concat(names, ' ')
end
return rows
