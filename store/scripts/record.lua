-- Records a group of events of one partition; each is one atomic step of docs/counting.md.
--
-- KEYS[1]  what every key of the partition starts with, e.g. `tandem:{0}:` (the other keys are derived from it)
-- ARGV     event_ttl_ms, session_gap_ms, purchase_window_ms, history_limit, session_limit, sessions_per_item,
--          events_per_user_per_day, trending_hours, the nine of limits.lua; of the process that sends them: its name, the
--          number of its group that must have been taken before, the number of this one; then twelve for each event: user,
--          item, type, flags ("w"eighted, "t"ouches, "k"nown to the catalogue, written "a"gain), event id, fingerprint,
--          at (ms), now (ms), session id or "", order id or "", clock (ms), sender or ""
-- returns  outcome and revision for each event, flat: 0 new, 1 duplicate, 2 conflict, 3 limited, 4 refused, 5 erasing,
--          8 rate limited, 9 too many new ids; and with a user in place of the revision: 6 aliased (the event is
--          theirs), 7 merging (when theirs has ended). Or only a number, and nothing is recorded: the group that must
--          have been taken is not known here, and that is the newest that is
--
-- Everything is checked before the first write, and the event's id is the last write: a call that fails
-- part-way can be repeated, and is then neither lost nor counted twice.

local GAP_MS, WINDOW_MS = tonumber(ARGV[2]), tonumber(ARGV[3])
local HISTORY_LIMIT, SESSION_LIMIT, LIST_LIMIT = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local DAILY_LIMIT, TRENDING_HOURS = tonumber(ARGV[7]), tonumber(ARGV[8])
local PROCESS, DEMANDED, GROUP = ARGV[18], tonumber(ARGV[19]), tonumber(ARGV[20])
local FIRST_EVENT, EVENT_ARGS = 21, 12
local DAY_MS, HOUR_MS, DEDUPE_MS = 86400000, 3600000, 259200000
local SPANS = 64 -- of an event's life: once in each a user's keys are given their whole life anew
local AHEAD_MS = 3 * HOUR_MS -- so far another worker's clock may be ahead
local VISITS_LIMIT, POPULAR_LIMIT, POPULAR_KEPT = 200, 10000, 5000
local REFUND_LOOKS = 20
local NEW, DUPLICATE, CONFLICT, LIMITED, ERASING = 0, 1, 2, 3, 5
local ALIASED, MERGING = 6, 7

local flags_of = {}

local function read_flags(text)
  if not flags_of[text] then
    local function has(flag) return text:find(flag, 1, true) ~= nil end
    flags_of[text] = {weighted = has('w'), touches = has('t'), catalogued = has('k'), again = has('a')}
  end
  return flags_of[text]
end

local function read_event(i)
  local flags = read_flags(ARGV[i + 3])
  return {
    user = ARGV[i], item = ARGV[i + 1], type = ARGV[i + 2],
    weighted = flags.weighted, touches = flags.touches, catalogued = flags.catalogued, again = flags.again,
    sender = sender_of(ARGV[i + 11]),
    id = ARGV[i + 4], fingerprint = ARGV[i + 5],
    at = tonumber(ARGV[i + 6]), now = tonumber(ARGV[i + 7]),
    session_id = ARGV[i + 8], order_id = ARGV[i + 9], clock = tonumber(ARGV[i + 10]),
  }
end

-- For how long (ms, from the event's now) what belongs to a generation is kept.
local function life(event, generation) return (generation + 2) * LENGTH_MS - event.now end

-- The generation in the name of a key of counts or of a session list.
local function generation_in(key) return tonumber(key:match(':(%d+):[^:]+$') or key:match(':(%d+)$')) end

-- The key of today's ids, or nil and the answer when the event must not be recorded.
local function admit(event)
  local stem = TAG .. 'ids:' .. event.user .. ':'
  local day = floor(event.now / DAY_MS)
  local newest = day
  if event.now % DAY_MS >= DAY_MS - AHEAD_MS then newest = day + 1 end
  for d = newest, day - 2, -1 do
    local held = try('HGET', stem .. d, event.id)
    if failed(held) then return nil, REFUSED end
    if held then return nil, held == event.fingerprint and DUPLICATE or CONFLICT end
  end
  local key = stem .. day
  local held = call('HLEN', key)
  if held >= DAILY_LIMIT then return nil, LIMITED end
  event.first_id_today = held == 0
  event.counts = event.touches and (held < COUNTED_EVENTS or COUNTED_EVENTS == 0)
  return key
end

-- Reads a visit string. Answers the visit (nil when there is none) and whether its key is usable.
local function read_visit(kind, user, name)
  if not name or name == '' then return nil, true end
  local text = try('GET', TAG .. kind .. ':' .. user .. ':' .. name)
  if failed(text) then return nil, false end
  if not text then return nil, true end
  return parse_visit(text), true
end

local function new_visit(event)
  local start = floor(event.now / 1000)
  return {
    last = event.at, start = start, items = {}, types = {}, offsets = {}, n = 0, tail = ' ' .. start, is_new = true,
  }
end

-- Number of a session's name among those of its id: 1 for the plain id, n for `id#n`, nil for other ids.
local function ordinal(name, session_id)
  if name == session_id then return 1 end
  local stem = session_id .. '#'
  if name:sub(1, #stem) == stem then return tonumber(name:sub(#stem + 1)) end
  return nil
end

local function newest_of_id(event)
  for _, member in ipairs(call('ZREVRANGE', TAG .. 'visits:' .. event.user, 0, -1)) do
    if member:sub(1, 2) == 's:' then
      local n = ordinal(member:sub(3), event.session_id)
      if n then return member:sub(3), n end
    end
  end
  return nil, 0
end

-- A visit of this name that the event still belongs to, or nil; and whether its key is usable.
local function continued(event, name)
  local visit, usable = read_visit('session', event.user, name)
  if visit and event.at - visit.last > GAP_MS then visit = nil end
  return visit, usable
end

-- The session that the event belongs to: its name and visit; nil when a key in the way is unusable.
local function find_session(event, current)
  local id, name, n = event.session_id, nil, nil
  if current and (id == '' or ordinal(current, id)) then
    local visit, usable = continued(event, current)
    if visit or not usable then return usable and current, visit end
  end
  if id == '' then
    name = '#' .. floor(event.at / 1000)
  else
    name, n = newest_of_id(event)
    local visit, usable = continued(event, name)
    if visit or not usable then return usable and name, visit end
    name = n == 0 and id or id .. '#' .. (n + 1)
  end
  local held, usable = read_visit('session', event.user, name)
  return usable and name, held or new_visit(event)
end

-- The basket of a purchase, found as sessions are, by order id or by time.
local function find_basket(event, current)
  local name = event.order_id
  if name == '' and current then
    local basket, usable = read_visit('basket', event.user, current)
    if not usable then return nil end
    if basket and event.at < basket.start * 1000 + WINDOW_MS then return current, basket end
  end
  if name == '' then name = '#' .. floor(event.at / 1000) end
  local held, usable = read_visit('basket', event.user, name)
  return usable and name, held or new_visit(event)
end

local function live_entry(basket, item)
  if not basket then return nil end
  for i = basket.n, 1, -1 do
    if basket.items[i] == item and basket.types[i] == 'purchase' then return i end
  end
  return nil
end

-- The basket that a refund edits, with the place of the item; nil when none holds it.
local function find_refunded(event, current)
  local names = {}
  if event.order_id ~= '' then
    names[1] = event.order_id
  else
    names[1] = current
    local looked = 0
    for _, member in ipairs(call('ZREVRANGE', TAG .. 'visits:' .. event.user, 0, -1)) do
      if member:sub(1, 2) == 'b:' then
        looked = looked + 1
        names[#names + 1] = member:sub(3)
        if looked == REFUND_LOOKS then break end
      end
    end
  end
  for _, name in ipairs(names) do
    local basket = read_visit('basket', event.user, name)
    local place = live_entry(basket, event.item)
    if place then return name, basket, place end
  end
  return nil
end

-- Appends the event to its session; false when it counts nothing there (docs/counting.md).
local function append_touch(event, visit, repeated)
  local n = visit.n
  local offset = floor(event.now / 1000) - visit.start
  if n > 0 and offset < visit.offsets[n] then offset = visit.offsets[n] end
  local hasty = is_hasty(event, visit, offset)
  if event.at > visit.last then visit.last = event.at end
  if n >= SESSION_LIMIT or hasty or repeated then return false end
  local item, kind = event.item, event.type
  if n > 0 and visit.items[n] == item and (kind ~= 'purchase' or visit.types[n] == 'purchase')
    and hour_of(visit, n) == floor((visit.start + offset) / HOUR_S) then
    return false
  end
  append_entry(visit, item, kind, offset)
  return true
end

local function append_purchase(event, basket, repeated)
  local n = basket.n
  if event.at > basket.last then basket.last = event.at end
  if n >= BASKET_LIMIT or repeated or live_entry(basket, event.item) then return false end
  local offset = floor(event.now / 1000) - basket.start
  if n > 0 and offset < basket.offsets[n] then offset = basket.offsets[n] end
  append_entry(basket, event.item, 'purchase', offset)
  return true
end

-- Reads what the event will raise: by key what `raise` needs, or nil when a key is of another type. A row of one field
-- needs only the hash's size (HINCRBY tells the rest); of several, all values come in one read and go back in one write.
local function read_rows(effects)
  local found, keys, rows = {}, effects.keys, effects.rows
  for i = 1, #keys do
    local key, held = keys[i], nil
    local row = rows[key]
    if #row == 1 then held = try('HLEN', key) else held = try('HMGET', key, unpack(row)) end
    if failed(held) then return nil end
    found[key] = held
  end
  return found
end

-- Reads the size of each of the keys at every `step`th place of a list; nil when one is of another type.
local function sizes_of(command, list, step)
  local sizes = {}
  for i = 1, #list, step do
    local size = try(command, list[i])
    if failed(size) then return nil end
    sizes[list[i]] = size
  end
  return sizes
end

-- The least count that is kept, and how many of the fields that have just it.
local function threshold(tally, distinct)
  table.sort(distinct)
  local room = FIELDS_KEPT
  for i = #distinct, 1, -1 do
    local count = distinct[i]
    if tally[count] >= room then return count, room end
    room = room - tally[count]
  end
  return 0, 0
end

-- Keeps the strongest fields of a hash, ties by the smaller name. Most counts are equal and small, so they are tallied
-- and only the names that share the least kept count are sorted: a third of the time of sorting all rows.
local function prune(key)
  local flat, tally, distinct = call('HGETALL', key), {}, {}
  for i = 2, #flat, 2 do
    local field, count = flat[i - 1], tonumber(flat[i])
    flat[i] = count
    if field ~= '*' and field ~= '>*' then
      if not tally[count] then
        tally[count] = 0
        distinct[#distinct + 1] = count
      end
      tally[count] = tally[count] + 1
    end
  end
  local least, room = threshold(tally, distinct)
  local weakest, tied = {}, {}
  for i = 2, #flat, 2 do
    local field, count = flat[i - 1], flat[i]
    if field ~= '*' and field ~= '>*' then
      if count < least then weakest[#weakest + 1] = field elseif count == least then tied[#tied + 1] = field end
    end
  end
  table.sort(tied)
  for i = room + 1, #tied do weakest[#weakest + 1] = tied[i] end
  if #weakest > 0 then call('HDEL', key, unpack(weakest)) end
end

local fields_and_values = {} -- of `raise`: one table for all rows

-- Raises the fields of one hash. Returns its size when that grew, else nil; and whether it was created.
local function raise(key, row, held)
  local width = #row
  if width == 1 then
    local field, amount = row[1], row[row[1]]
    local grew = call('HINCRBY', key, field, amount) == amount
    return grew and held + 1, held == 0
  end
  local found = 0
  for i = 1, width do
    local field, before = row[i], held[i]
    if before then found = found + 1 end
    fields_and_values[2 * i - 1], fields_and_values[2 * i] = field, (tonumber(before or 0) or 0) + row[field]
  end
  call('HSET', key, unpack(fields_and_values, 1, 2 * width))
  if found == width then return nil, false end
  local size = call('HLEN', key)
  return size, found == 0 and size == width
end

local function write_fields(event, plan)
  local keys, rows, held = plan.effects.keys, plan.effects.rows, plan.held
  for i = 1, #keys do
    local key = keys[i]
    local size, created = raise(key, rows[key], held[key])
    if created then call('PEXPIRE', key, life(event, generation_in(key))) end
    if size and size > FIELDS_LIMIT then prune(key) end
  end
end

local function write_popular(event, popular, sizes)
  for i = 1, #popular, 2 do
    local key = popular[i]
    call('ZINCRBY', key, 1, popular[i + 1])
    if sizes[key] == 0 then
      local hour = tonumber(key:match('(%d+)$'))
      call('PEXPIRE', key, (hour + 1 + TRENDING_HOURS) * HOUR_MS - event.now)
    elseif sizes[key] >= POPULAR_LIMIT and call('ZCARD', key) > POPULAR_LIMIT then
      call('ZREMRANGEBYRANK', key, 0, -(POPULAR_KEPT + 1))
    end
  end
end

local function write_effects(event, plan)
  local effects = plan.effects
  write_fields(event, plan)
  write_popular(event, effects.popular, plan.popular_sizes)
  for _, key in ipairs(effects.lists) do
    local size = call('LPUSH', key, event.user .. ':' .. plan.session_name) -- an eviction may have emptied it
    if size == 1 then call('PEXPIRE', key, life(event, generation_in(key))) end
    if size > LIST_LIMIT then call('LTRIM', key, 0, LIST_LIMIT - 1) end
  end
end

local function evict(event, member)
  local name = member:sub(3)
  if member:sub(1, 2) == 's:' then
    local session = read_visit('session', event.user, name)
    if session then unlist(event.user, name, session) end
    call('DEL', TAG .. 'session:' .. event.user .. ':' .. name)
  else
    call('DEL', TAG .. 'basket:' .. event.user .. ':' .. name)
  end
  call('ZREM', TAG .. 'visits:' .. event.user, member)
end

local function is_planned(plan, member)
  local name = member:sub(3)
  if member:sub(1, 2) == 's:' then return name == plan.session_name end
  return name == plan.basket_name
end

local function make_room(event, plan)
  local key = TAG .. 'visits:' .. event.user
  local surplus = call('ZCARD', key) - VISITS_LIMIT + 1
  if surplus < 1 then return end
  for _, member in ipairs(call('ZRANGE', key, 0, surplus + 1)) do
    if surplus > 0 and not is_planned(plan, member) then
      evict(event, member)
      surplus = surplus - 1
    end
  end
end

-- Writes a session or basket. Its string and `visits` live until the end of its newest generation, and the life of
-- `visits` is never shortened: it must outlast every string that it names, or an erasure would miss one.
local function write_visit(event, plan, letter, kind, name, visit)
  local key = TAG .. 'visits:' .. event.user
  local generation = floor(event.now / LENGTH_MS)
  if visit.n > 0 then generation = math.max(generation, generation_of(visit, visit.n)) end
  local ttl = life(event, generation)
  if visit.is_new then
    make_room(event, plan)
    call('ZADD', key, event.at, letter .. name)
  end
  call('SET', TAG .. kind .. ':' .. event.user .. ':' .. name, visit.last .. visit.tail, 'PX', ttl)
  if call('PTTL', key) < ttl then call('PEXPIRE', key, ttl) end
end

local function plan_touch(event, plan, name, visit)
  local repeated = is_repeated(event, 'session', name, visit)
  if not may_open(event, visit, repeated) then return end
  plan.session_name, plan.session = name, visit
  if append_touch(event, visit, repeated) then count_touch(plan.effects, visit, visit.n) end
end

local function plan_purchase(event, plan, name, basket)
  local repeated = is_repeated(event, 'basket', name, basket)
  if not may_open(event, basket, repeated) then return end
  plan.basket_name, plan.basket = name, basket
  if append_purchase(event, basket, repeated) then
    if basket.n == 1 then count_basket(plan.effects, basket) end
    count_entry(plan.effects, basket, basket.n, basket.n)
  end
end

-- What will be written for the event's session and basket, or nil when a key in the way is unusable.
local function make_plan(event, session_now, basket_now)
  local plan = {effects = new_effects()}
  local late = event.at < event.now - GAP_MS
  local purchase = event.type == 'purchase'
  if event.counts or event.type == 'refund' then
    event.visits_held = try('ZCARD', TAG .. 'visits:' .. event.user)
    if failed(event.visits_held) then return nil end
  end
  if event.counts and not late then
    local name, visit = find_session(event, session_now)
    if not name then return nil end
    plan_touch(event, plan, name, visit)
  end
  if purchase and event.counts and (not late or event.order_id ~= '') then
    local name, basket = find_basket(event, basket_now)
    if not name then return nil end
    plan_purchase(event, plan, name, basket)
  elseif event.type == 'refund' then
    plan.refunded_name, plan.refunded, plan.refunded_place = find_refunded(event, basket_now)
  end
  plan.popular_sizes = sizes_of('ZCARD', plan.effects.popular, 2)
  local lists_usable = sizes_of('LLEN', plan.effects.lists, 1)
  plan.held = read_rows(plan.effects)
  return plan.held and plan.popular_sizes and lists_usable and plan
end

local function write_refund(event, plan)
  local basket, place = plan.refunded, plan.refunded_place
  local effects = new_effects()
  count_entry(effects, basket, place, place + BASKET_STEPS)
  subtract(effects)
  mark_refunded(basket, place)
  write_visit(event, plan, 'b:', 'basket', plan.refunded_name, basket)
end

local function write_plan(event, plan)
  if plan.session then
    write_visit(event, plan, 's:', 'session', plan.session_name, plan.session)
  end
  if plan.basket then
    write_visit(event, plan, 'b:', 'basket', plan.basket_name, plan.basket)
  end
  write_effects(event, plan)
  if plan.refunded then write_refund(event, plan) end
end

local function write_history(event)
  local key = TAG .. 'history:' .. event.user
  call('ZADD', key, event.at, event.id .. '|' .. event.type .. '|' .. event.item)
  if event.acts_held >= HISTORY_LIMIT then call('ZREMRANGEBYRANK', key, 0, -(HISTORY_LIMIT + 1)) end
  if event.new_span or event.acts_held == 0 then
    call('ZREMRANGEBYSCORE', key, '-inf', '(' .. (event.now - LENGTH_MS))
    call('PEXPIRE', key, LENGTH_MS)
  end
end

local function put(row, field, value)
  if value then row[#row + 1], row[#row + 2] = field, value end
end

local function write_profile(event, held, plan)
  local last = math.max(tonumber(held[4]) or 0, event.at)
  local revision = tonumber(held[1])
  if event.weighted then revision = revision and revision + 1 or math.max(event.now, event.clock) end
  local row = {'last', last, 'n:' .. event.type, (tonumber(held[6]) or 0) + 1}
  put(row, 'rev', revision)
  put(row, 'span', event.new_span)
  put(row, 'session', plan.session_name)
  put(row, 'basket', plan.basket_name and event.order_id == '' and plan.basket_name)
  put(row, 'key', event.sender and brings_user(event) and event.sender.key)
  if event.sender and PER_USER > 0 and not event.again then
    put(row, 'minute', event.minute)
    put(row, 'sent', event.sent + 1)
  end
  local key = TAG .. 'profile:' .. event.user
  call('HSET', key, unpack(row))
  if event.new_span or not event.weighted then call('PEXPIRE', key, LENGTH_MS) end
  return revision or 0
end

-- Tells whoever holds a socket of the user, under the ids too that were merged into theirs (`START TAG` each).
local function announce(event, revision, session, merged)
  local message = table.concat({revision, event.id, event.type, event.item, event.now, event.at, session}, '|')
  call('PUBLISH', TAG .. 'push:' .. event.user, message)
  local aliases = merged and try('HGETALL', TAG .. 'aliases:' .. event.user) or {}
  for i = 1, #aliases, 2 do
    call('PUBLISH', aliases[i + 1]:match('%S+$') .. 'push:' .. aliases[i], message)
  end
end

local ACTIVE = TAG .. 'active'
local active_usable = not failed(try('ZCARD', ACTIVE))
local active_until = nil -- the latest `now` of an event that was written to it

local function write_active(event)
  call('ZADD', ACTIVE, 'GT', event.at, event.user)
  active_until = math.max(active_until or 0, event.now)
end

local function cut_active()
  if not active_until then return end
  call('ZREMRANGEBYSCORE', ACTIVE, '-inf', '(' .. (active_until - LENGTH_MS))
  call('PEXPIRE', ACTIVE, LENGTH_MS)
end

-- Whether what the event moves of its user's own list can be written; reads what that depends on.
local function usable(event, held)
  if not event.weighted then return true end
  local span = floor(event.now * SPANS / LENGTH_MS)
  event.new_span = tonumber(held[10]) ~= span and span
  event.acts_held = try('ZCARD', TAG .. 'history:' .. event.user)
  return active_usable and not failed(event.acts_held)
end

local function record(event)
  local held = try('HMGET', TAG .. 'profile:' .. event.user, 'rev', 'session', 'basket', 'last', 'erasing',
    'n:' .. event.type, 'alias', 'merging', 'aliases', 'span', 'minute', 'sent')
  if failed(held) then return REFUSED, 0 end
  local known = tonumber(held[1]) or 0
  if (tonumber(held[5]) or 0) > event.now then return ERASING, known end
  if held[7] then return ALIASED, held[7] end
  if held[8] then return MERGING, held[8] end
  local ids, answer = admit(event)
  if not ids then return answer, known end
  if event.sender then
    event.is_new_user = not held[4]
    read_own_count(event, held[11], held[12])
    answer = turned_away(event)
    if answer then return answer, known end
  end
  local plan = usable(event, held) and make_plan(event, held[2], held[3])
  if not plan then return REFUSED, known end

  write_plan(event, plan)
  if event.weighted then
    write_history(event)
    write_active(event)
  end
  local revision = write_profile(event, held, plan)
  if event.weighted then
    announce(event, revision, plan.session_name or held[2] or '', held[9])
  end
  if event.sender then write_sender(event) end
  call('HSET', ids, event.id, event.fingerprint)
  if event.first_id_today then call('PEXPIRE', ids, DEDUPE_MS) end
  return NEW, revision
end

local recorded = TAG .. 'recorded:' .. PROCESS
local newest = tonumber(try('GET', recorded) or 0) or 0
if newest < DEMANDED then return newest end

local answers = {}
for i = FIRST_EVENT, #ARGV, EVENT_ARGS do
  answers[#answers + 1], answers[#answers + 2] = record(read_event(i))
end
cut_active()
write_counters()
call('SET', recorded, math.max(newest, GROUP), 'PX', DAY_MS)
return answers
