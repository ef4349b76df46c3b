-- Takes one visit of a user back: what its string says was counted, its entries in lists, the string, the visit.
--
-- KEYS[1]  what every key of the partition starts with
-- ARGV     event_ttl_ms, user, now (ms), erasing_ms: for how long the user's events are refused from now on
-- returns  the number of visits left

local user, now = ARGV[2], tonumber(ARGV[3])
local profile, visits = TAG .. 'profile:' .. user, TAG .. 'visits:' .. user

call('HSET', profile, 'erasing', now + tonumber(ARGV[4]))
call('PEXPIRE', profile, LENGTH_MS)

local function erase_session(name, key)
  local text = call('GET', key)
  if not text then return end
  local session, effects = parse_visit(text), new_effects()
  for i = 1, session.n do count_touch(effects, session, i) end
  subtract(effects)
  unlist(user, name, session)
end

local function erase_basket(key)
  local text = call('GET', key)
  if not text then return end
  local basket = parse_visit(text)
  local effects = new_effects()
  if basket.n > 0 then count_basket(effects, basket) end
  for i = 1, basket.n do
    if basket.types[i] == 'purchase' then count_entry(effects, basket, i, i) end
  end
  subtract(effects)
end

local oldest = call('ZRANGE', visits, 0, 0)[1]
if not oldest then return 0 end
local name, is_session = oldest:sub(3), oldest:sub(1, 2) == 's:'
local key = TAG .. (is_session and 'session:' or 'basket:') .. user .. ':' .. name
if is_session then erase_session(name, key) else erase_basket(key) end
call('DEL', key)
call('ZREM', visits, oldest)
return call('ZCARD', visits)
