-- A lease on one piece of work for the whole fleet, with a fencing token that only ever grows: so the key never expires.
--
-- KEYS[1]  the lock's key: hash with owner, token and until (ms)
-- ARGV     "take", "keep" or "drop"; owner; now (ms); life (ms)
-- returns  take: the new token, or 0 while another owner's lease lives; keep and drop: 1, or 0 when it is not ours

local action, owner, now, life = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local held = redis.call('HMGET', KEYS[1], 'owner', 'until', 'token')
local free = not held[1] or held[1] == '' or tonumber(held[2]) <= now

if action == 'take' then
  if not free then return 0 end
  local token = (tonumber(held[3]) or 0) + 1
  redis.call('HSET', KEYS[1], 'owner', owner, 'until', string.format('%.0f', now + life), 'token', token)
  return token
end
if held[1] ~= owner then return 0 end
if action == 'keep' then
  redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + life))
else
  redis.call('HSET', KEYS[1], 'owner', '', 'until', 0)
end
return 1
