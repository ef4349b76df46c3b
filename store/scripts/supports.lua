-- Reads in how many sessions and baskets items were held, and the partition's totals.
--
-- KEYS[1]  what every key of the partition starts with
-- ARGV     the current generation, then item ids
-- returns  four numbers as text for the totals and for each item, in order, each row one string
--          "sessions baskets sessions_before baskets_before", `_before` for the generation before

local generation = tonumber(ARGV[1])

local function count(kind, age, rest, field)
  local key = string.format('%s%s:%s:%.0f%s', KEYS[1], rest and 'pairs' or 'totals', kind, generation - age, rest or '')
  return redis.call('HGET', key, field) or '0'
end

local rows = {table.concat({
  count('view', 0, nil, 'sessions'), count('purchase', 0, nil, 'baskets'),
  count('view', 1, nil, 'sessions'), count('purchase', 1, nil, 'baskets'),
}, ' ')}
for i = 2, #ARGV do
  local rest = ':' .. ARGV[i]
  rows[i] = table.concat({
    count('view', 0, rest, '*'), count('purchase', 0, rest, '*'),
    count('view', 1, rest, '*'), count('purchase', 1, rest, '*'),
  }, ' ')
end
return rows
