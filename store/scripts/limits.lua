-- What keeps one sender from filling the store or moving the counts (docs/counting.md, "Limited senders").
-- Loaded in front of record.lua, whose arguments it reads. A limit of 0 is none.

local COUNTED_EVENTS, COUNTED_VISITS, COUNTED_OF_ITEM = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local COUNTED_VIEWS, NEW_USERS, NEW_ITEMS = tonumber(ARGV[12]), tonumber(ARGV[16]), tonumber(ARGV[17])
local PER_USER, PER_ADDRESS, PER_KEY = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])
local MINUTE_MS, VISITS_SPAN_MS = 60000, 172800000
local MINUTES_AHEAD = 5 -- so far the clocks of workers may differ
local KEYS_LIMIT, BROUGHT_LIMIT, SHARE_OF_AN_ADDRESS = 100, 100000, 10
local REFUSED, RATE_LIMITED, TOO_MANY_NEW = 4, 8, 9

local senders = {}

-- `KEY ADDRESS` taken apart; nil for a sender without limits. Users' tokens share the key `token`.
local function sender_of(text)
  if text == '' then return nil end
  if not senders[text] then
    local key, address = text:match('^(%S+) (%S+)$')
    senders[text] = {key = key, address = address, holds_key = key ~= 'token'}
  end
  return senders[text]
end

local known_items = {} -- by key: what is known stays so

-- Whether an item has counts in this partition, now or in the generation before, or stands in the catalogue.
local function is_known_item(event)
  if event.catalogued then return true end
  local generation = floor(event.now / LENGTH_MS)
  local key = pairs_key(VIEWED, generation, event.item)
  known_items[key] = known_items[key] or call('EXISTS', key, pairs_key(VIEWED, generation - 1, event.item)) > 0
  return known_items[key]
end

local function add_counter(counters, name, minute, limit, answer)
  if limit == 0 then return end
  counters[#counters + 1] = {key = TAG .. 'rate:' .. name .. ':' .. minute, limit = limit, answer = answer}
end

local function add_counters_of_new(counters, what, sender, minute, limit)
  add_counter(counters, what .. ':' .. sender.address, minute, math.ceil(limit / SHARE_OF_AN_ADDRESS), TOO_MANY_NEW)
  add_counter(counters, what .. ':' .. sender.key, minute, limit, TOO_MANY_NEW)
end

-- What all events of a sender count in a minute.
local function counters_of(sender, minute)
  if sender.minute ~= minute then
    sender.minute, sender.counters = minute, {}
    add_counter(sender.counters, 'address:' .. sender.address, minute, PER_ADDRESS, RATE_LIMITED)
    if sender.holds_key then add_counter(sender.counters, 'key:' .. sender.key, minute, PER_KEY, RATE_LIMITED) end
  end
  return sender.counters
end

-- What the event counts in this minute, the narrowest first.
local function list_counters(event)
  local sender, minute, counters = event.sender, floor(event.now / MINUTE_MS), {}
  for _, counter in ipairs(counters_of(sender, minute)) do counters[#counters + 1] = counter end
  if sender.holds_key and event.is_new_user then add_counters_of_new(counters, 'users', sender, minute, NEW_USERS) end
  if NEW_ITEMS > 0 and event.touches and not is_known_item(event) then
    add_counters_of_new(counters, 'items', sender, minute, NEW_ITEMS)
  end
  event.counters = counters
end

-- The minute that the user's events count in, and how many it has. These stand in the profile, which is read and written
-- anyhow. Where another worker's clock is ahead, its minute goes on, or two workers would begin anew in turns. A token is
-- signed for its user, so that its holder makes up no users, and this limit is all that it needs.
local function read_own_count(event, minute, sent)
  local own, held = floor(event.now / MINUTE_MS), tonumber(minute)
  local goes_on = held and held >= own and held <= own + MINUTES_AHEAD
  event.minute, event.sent = goes_on and held or own, goes_on and tonumber(sent) or 0
end

-- This minute's counters as this call will leave them; they are read once and written at the end.
local totals, raised = {}, {}

local function total_of(key)
  if not totals[key] then
    local held = try('GET', key)
    if failed(held) then return nil end
    totals[key] = tonumber(held or 0) or 0
  end
  return totals[key]
end

local function brings_user(event) return event.is_new_user and event.sender.holds_key end

local function one_too_many(event)
  if PER_USER > 0 and event.sent >= PER_USER then return RATE_LIMITED end
  list_counters(event)
  for _, counter in ipairs(event.counters) do
    local total = total_of(counter.key)
    if not total then return REFUSED end
    if total >= counter.limit then return counter.answer end
  end
  return nil
end

-- The answer to a limited sender's event that is one too many, or nil. What was acknowledged, was lost by the store and is
-- written again is none: it has been counted in its time.
local function turned_away(event)
  local answer = not event.again and one_too_many(event)
  if answer then return answer end
  if brings_user(event) then
    local known, brought = try('ZCARD', TAG .. 'senders'), try('ZCARD', TAG .. 'senders:' .. event.sender.key)
    if failed(known) or failed(brought) then return REFUSED end
  end
  return nil
end

-- Keeps the newest of a sorted set by time.
local function keep_newest(key, limit)
  call('ZREMRANGEBYRANK', key, 0, -(limit + 1))
  call('PEXPIRE', key, 2 * LENGTH_MS)
end

local function write_sender(event)
  for _, counter in ipairs(event.counters or {}) do
    totals[counter.key] = totals[counter.key] + 1
    raised[counter.key] = true
  end
  if not brings_user(event) then return end
  local known, brought = TAG .. 'senders', TAG .. 'senders:' .. event.sender.key
  call('ZADD', known, event.now, event.sender.key)
  keep_newest(known, KEYS_LIMIT)
  call('ZADD', brought, 'NX', event.now, event.user)
  keep_newest(brought, BROUGHT_LIMIT)
end

local function write_counters()
  for key in pairs(raised) do call('SET', key, totals[key], 'PX', 2 * MINUTE_MS) end
end

-- Whether the visit is open, or the user of a limited sender may open one more that counts.
local function may_open(event, visit, repeated)
  if not (visit.is_new and event.sender) then return true end
  if repeated then return false end
  if COUNTED_VISITS == 0 or event.visits_held < COUNTED_VISITS then return true end
  local since = event.now - VISITS_SPAN_MS
  return call('ZCOUNT', TAG .. 'visits:' .. event.user, since, '+inf') < COUNTED_VISITS
end

-- Whether so many others of the user's sessions (or baskets) of two days hold the item that one more may not count it.
local function is_repeated(event, kind, name, visit)
  if not event.sender or COUNTED_OF_ITEM == 0 or event.visits_held < COUNTED_OF_ITEM then return false end
  for i = 1, visit.n do
    if visit.items[i] == event.item then return false end
  end
  local since, held = event.now - VISITS_SPAN_MS, 0
  local members = call('ZRANGEBYSCORE', TAG .. 'visits:' .. event.user, since, '+inf')
  if #members < COUNTED_OF_ITEM then return false end
  for _, member in ipairs(members) do
    if member:sub(1, 1) == kind:sub(1, 1) and member:sub(3) ~= name then
      local text = try('GET', TAG .. kind .. ':' .. event.user .. ':' .. member:sub(3))
      if type(text) == 'string' and text:find(' ' .. event.item .. '|', 1, true) then held = held + 1 end
    end
  end
  return held >= COUNTED_OF_ITEM
end

-- Whether a limited sender's view follows too many touches of its second, by its own time too: what was gathered and
-- comes at once with times of its own is no haste.
local function is_hasty(event, visit, offset)
  local nth = visit.n - COUNTED_VIEWS + 1
  if not event.sender or COUNTED_VIEWS == 0 or event.type ~= 'view' or nth < 1 then return false end
  return visit.offsets[nth] >= offset and math.abs(event.at - visit.last) * COUNTED_VIEWS < 1000
end
