-- Ends a merge: adds what an anonymous user's profile says to the known one's, and lets the known one's events pass.
--
-- KEYS[1]  what every key of the known user's partition starts with
-- ARGV     known user, anonymous user, when the latter became an alias (ms), now (ms), event_ttl_ms, history_limit,
--          channel of changes, lists served to keep, their life (ms), how many profile fields, then these
--          (name, value), then the lists served, the newest first
-- returns  1, or 0 when this merge is not under way
--
-- What adds up is added once for each time that the user became an alias, however often the merge is repeated.

local call = redis.call
local tag, user, other, since, now, ttl = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local profile, aliases, history = tag .. 'profile:' .. user, tag .. 'aliases:' .. user, tag .. 'history:' .. user
local fields_end = 10 + 2 * tonumber(ARGV[10])
local held = call('HMGET', profile, 'merging', 'erasing', 'rev', 'last')
if held[1] ~= other or (tonumber(held[2]) or 0) > now then return 0 end

local function int(n) return string.format('%.0f', n) end

local function add_field(name, value)
  local kind = name:sub(1, 2)
  if kind == 'n:' then
    call('HINCRBY', profile, name, value)
  elseif kind == 'a:' then
    call('HSETNX', profile, name, value)
  elseif name == 'last' then
    call('HSET', profile, 'last', int(math.max(tonumber(held[4]) or 0, tonumber(value))))
  elseif name == 'rev' then -- beyond both, so that no screen takes the next list for an older one
    call('HSET', profile, 'rev', int(math.max(tonumber(held[3]) or now, tonumber(value)) + 1))
  end
end

local function add_served()
  local served = tag .. 'served:' .. user
  for i = fields_end + 1, #ARGV do call('RPUSH', served, ARGV[i]) end
  call('LTRIM', served, 0, ARGV[8] - 1)
  if call('PTTL', served) < tonumber(ARGV[9]) then call('PEXPIRE', served, ARGV[9]) end
end

local counted, home = (call('HGET', aliases, other) or '0 '):match('^(%d+) (.*)$')
if counted ~= since then
  for i = 11, fields_end, 2 do add_field(ARGV[i], ARGV[i + 1]) end
  if #ARGV > fields_end then add_served() end
  call('HSET', aliases, other, since .. ' ' .. home)
end
call('ZREMRANGEBYSCORE', history, '-inf', '(' .. int(now - ttl))
call('ZREMRANGEBYRANK', history, 0, -(tonumber(ARGV[6]) + 1))
local newest = call('ZREVRANGE', history, 0, 0, 'WITHSCORES')
if newest[2] then
  call('ZADD', tag .. 'active', 'GT', newest[2], user)
  call('PEXPIRE', tag .. 'active', ttl)
end
call('PEXPIRE', aliases, 2 * ttl)
call('HSET', profile, 'aliases', 1)
call('HDEL', profile, 'merging')
call('PEXPIRE', profile, ttl)
call('PUBLISH', ARGV[7], 'merged ' .. user .. ' ' .. other)
return 1
