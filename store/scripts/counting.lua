-- What a session or a basket counts, as a pure function of its string (docs/counting.md).
-- Loaded in front of record.lua and erase_visit.lua: the one adds what these functions say, the other
-- subtracts it, so that the two can never disagree.
--
-- A visit string is `LAST START item|type|offset item|type|offset ...`: LAST in ms, START and offsets in s.

-- Numbers are whole and have at most 14 digits, so that `..` and Redis write them exactly, without '%.0f'.

local call, try = redis.call, redis.pcall
local floor, tonumber, type, unpack = math.floor, tonumber, type, unpack

local VIEW_STEPS, VIEW_WEIGHT = 4, 12
local CONVERSION_STEPS = 10
local BASKET_STEPS, BASKET_LIMIT = 50, 2000
local FIELDS_LIMIT, FIELDS_KEPT = 256, 128
local HOUR_S = 3600

local TAG = KEYS[1]
local LENGTH_MS = tonumber(ARGV[1])

local function failed(reply) return type(reply) == 'table' and reply.err ~= nil end

local function parse_visit(text)
  local last, start = text:match('^(%d+) (%d+)')
  local items, types, offsets, n = {}, {}, {}, 0
  for item, kind, offset in text:gmatch(' ([^ |]+)|([^|]+)|(%d+)') do
    n = n + 1
    items[n], types[n], offsets[n] = item, kind, tonumber(offset)
  end
  return {
    last = tonumber(last), start = tonumber(start), items = items, types = types, offsets = offsets, n = n,
    tail = text:sub(#last + 1),
  }
end

local function entry_text(visit, i)
  return ' ' .. visit.items[i] .. '|' .. visit.types[i] .. '|' .. visit.offsets[i]
end

-- `tail` is the string after LAST; an append extends it, so that a long visit is not written out anew.
local function append_entry(visit, item, kind, offset)
  local n = visit.n + 1
  visit.n, visit.items[n], visit.types[n], visit.offsets[n] = n, item, kind, offset
  visit.tail = visit.tail .. entry_text(visit, n)
end

local function mark_refunded(basket, place)
  basket.types[place] = 'refund'
  basket.tail = ' ' .. basket.start
  for i = 1, basket.n do basket.tail = basket.tail .. entry_text(basket, i) end
end

local function generation_of(visit, i)
  return floor((visit.start + visit.offsets[i]) * 1000 / LENGTH_MS)
end

local function hour_of(visit, i)
  return floor((visit.start + visit.offsets[i]) / HOUR_S)
end

-- What keys of one generation or hour begin with: most events of a call have the same.
local stems = {}

local function stem(name, number)
  local of_name = stems[name]
  if not of_name then
    of_name = {}
    stems[name] = of_name
  end
  local text = of_name[number]
  if not text then
    text = TAG .. name .. ':' .. number
    of_name[number] = text
  end
  return text
end

local VIEWED, BOUGHT, CONVERTED = 'pairs:view', 'pairs:purchase', 'pairs:conversion'

local function pairs_key(kind, generation, item) return stem(kind, generation) .. ':' .. item end

local function sessions_key(generation, item) return stem('sessions', generation) .. ':' .. item end

-- The last `limit` distinct items before place i other than the item there, most recent first.
local function distinct_before(visit, i, limit)
  local items, found, n = visit.items, {}, 0
  local seen = {[items[i]] = true}
  for j = i - 1, 1, -1 do
    local item = items[j]
    if not seen[item] then
      seen[item] = true
      n = n + 1
      found[n] = item
      if n == limit then break end
    end
  end
  return found
end

-- Effects: hash fields to raise (`keys` in order, `rows[key]` with the names of the fields and by each its amount),
-- popularity (key, item, ...) and session lists (key, ...).
local function new_effects() return {keys = {}, rows = {}, popular = {}, lists = {}} end

local function add_field(effects, key, field, amount)
  local row = effects.rows[key]
  if not row then
    effects.rows[key] = {field, [field] = amount}
    effects.keys[#effects.keys + 1] = key
  elseif row[field] then
    row[field] = row[field] + amount
  else
    row[#row + 1], row[field] = field, amount
  end
end

local function add_popular(effects, name, hour, item)
  local n = #effects.popular
  effects.popular[n + 1], effects.popular[n + 2] = stem(name, hour), item
end

local function count_view_pairs(effects, visit, i, generation, earlier)
  local item, counted = visit.items[i], {}
  local own, after = pairs_key(VIEWED, generation, item), '>' .. item
  for _, j in ipairs(earlier) do
    for _, other in ipairs(distinct_before(visit, j, VIEW_STEPS)) do counted[other] = true end
  end
  for step, other in ipairs(distinct_before(visit, i, VIEW_STEPS)) do
    if not counted[other] then
      local weight, key = VIEW_WEIGHT / step, pairs_key(VIEWED, generation, other)
      add_field(effects, key, after, weight)
      add_field(effects, key, '>*', weight)
      add_field(effects, own, '<' .. other, weight)
    end
  end
end

local function count_conversions(effects, visit, i, generation, earlier)
  local item, counted = visit.items[i], {}
  for _, j in ipairs(earlier) do
    if visit.types[j] == 'purchase' then
      for _, other in ipairs(distinct_before(visit, j, CONVERSION_STEPS)) do counted[other] = true end
    end
  end
  for _, other in ipairs(distinct_before(visit, i, CONVERSION_STEPS)) do
    if not counted[other] then add_field(effects, pairs_key(CONVERTED, generation, other), item, 1) end
  end
end

local function count_popularity(effects, visit, i, earlier)
  local hour, purchase = hour_of(visit, i), visit.types[i] == 'purchase'
  local touched, bought = false, false
  for _, j in ipairs(earlier) do
    if hour_of(visit, j) == hour then
      touched = true
      bought = bought or visit.types[j] == 'purchase'
    end
  end
  if not touched then add_popular(effects, 'popular:view', hour, visit.items[i]) end
  if purchase and not bought then add_popular(effects, 'popular:purchase', hour, visit.items[i]) end
end

-- Adds to `effects` all that touch i of a session counts.
local function count_touch(effects, visit, i)
  local item, generation, earlier = visit.items[i], generation_of(visit, i), {}
  for j = 1, i - 1 do
    if visit.items[j] == item then earlier[#earlier + 1] = j end
  end
  if i == 1 then add_field(effects, stem('totals:view', generation), 'sessions', 1) end
  if #earlier == 0 then
    add_field(effects, pairs_key(VIEWED, generation, item), '*', 1)
    effects.lists[#effects.lists + 1] = sessions_key(generation, item)
  end
  count_popularity(effects, visit, i, earlier)
  count_view_pairs(effects, visit, i, generation, earlier)
  if visit.types[i] == 'purchase' then count_conversions(effects, visit, i, generation, earlier) end
end

local function add_purchase_pair(effects, generation, one, other)
  add_field(effects, pairs_key(BOUGHT, generation, one), other, 1)
  add_field(effects, pairs_key(BOUGHT, generation, other), one, 1)
end

-- Adds to `effects` what is counted for the live entry i of a basket: its share of `*`, and its pairs with the live
-- entries from 50 places before it to place `upto`, each in the generation of the later of the two.
local function count_entry(effects, basket, i, upto)
  local item = basket.items[i]
  add_field(effects, pairs_key(BOUGHT, generation_of(basket, i), item), '*', 1)
  for j = math.max(1, i - BASKET_STEPS), math.min(basket.n, upto) do
    if basket.types[j] == 'purchase' and basket.items[j] ~= item then
      add_purchase_pair(effects, generation_of(basket, math.max(i, j)), item, basket.items[j])
    end
  end
end

local function count_basket(effects, basket)
  add_field(effects, stem('totals:purchase', generation_of(basket, 1)), 'baskets', 1)
end

local function subtract_fields(key, row)
  local held = try('HMGET', key, unpack(row))
  if failed(held) then return end
  local kept, gone = {}, {}
  for i, field in ipairs(row) do
    local left = held[i] and (tonumber(held[i]) or 0) - row[field]
    if left and left > 0 then
      kept[#kept + 1], kept[#kept + 2] = field, left
    elseif left then
      gone[#gone + 1] = field
    end
  end
  if #kept > 0 then call('HSET', key, unpack(kept)) end
  if #gone > 0 then call('HDEL', key, unpack(gone)) end
end

local function subtract_popular(key, item)
  local held = try('ZSCORE', key, item)
  if not held or failed(held) then return end
  if tonumber(held) > 1 then call('ZINCRBY', key, -1, item) else call('ZREM', key, item) end
end

local function subtract(effects)
  for _, key in ipairs(effects.keys) do subtract_fields(key, effects.rows[key]) end
  for i = 1, #effects.popular, 2 do subtract_popular(effects.popular[i], effects.popular[i + 1]) end
end

-- Takes a session's entry out of the lists of its items.
local function unlist(user, name, session)
  local seen = {}
  for i = 1, session.n do
    local item = session.items[i]
    if not seen[item] then
      seen[item] = true
      try('LREM', sessions_key(generation_of(session, i), item), 0, user .. ':' .. name)
    end
  end
end
