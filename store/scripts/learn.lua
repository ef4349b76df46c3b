-- Adds what a worker has learned to what all have learned: sums, so it does not matter who comes first.
--
-- KEYS[1]  hash with epoch, pinned, examples; of the newest examples seen, hits, ranks; and for each feature
--          p:FEATURE (its pull, a number) and m:FEATURE (its row of the precision: "OTHER number OTHER number ...")
--          (beside it KEYS[1]:WORKER, a string: the number of the last sums that this worker has sent)
-- ARGV     1 worker, 2 number of these sums, 3 life of that number (ms), 4 epoch that they belong to, 5 examples,
--          6 hits, 7 sum of reciprocal ranks, 8 half-life of all sums (examples), then FEATURE, pull, row for each
-- returns  1 when the sums were added, 0 when they came twice or belong to another epoch
--
-- While the weights are pinned only examples, seen, hits and ranks are added.

local numbered = KEYS[1] .. ':' .. ARGV[1]
local held = {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do held[flat[i]] = flat[i + 1] end
if (tonumber(held.epoch) or 0) ~= tonumber(ARGV[4]) then return 0 end
if tonumber(ARGV[2]) <= (tonumber(redis.call('GET', numbered)) or 0) then return 0 end

local examples = tonumber(ARGV[5])
local fade = 0.5 ^ (examples / tonumber(ARGV[8]))
local fields = {'epoch', ARGV[4], 'examples', string.format('%.0f', (tonumber(held.examples) or 0) + examples)}

local function faded(value) return (tonumber(value) or 0) * fade end

local function set(field, value)
  fields[#fields + 1] = field
  fields[#fields + 1] = value
end

local function sum(row, sent)
  local names, numbers = {}, {}
  local function add(other, number)
    if not numbers[other] then names[#names + 1] = other end
    numbers[other] = (numbers[other] or 0) + number
  end
  for other, number in string.gmatch(row or '', '(%S+) (%S+)') do add(other, faded(number)) end
  for other, number in string.gmatch(sent, '(%S+) (%S+)') do add(other, tonumber(number)) end
  for i, other in ipairs(names) do names[i] = string.format('%s %.9g', other, numbers[other]) end
  return table.concat(names, ' ')
end

local function learn(feature, pull, row)
  set('p:' .. feature, string.format('%.9g', faded(held['p:' .. feature]) + pull))
  set('m:' .. feature, sum(held['m:' .. feature], row))
end

for i, name in ipairs({'seen', 'hits', 'ranks'}) do
  set(name, string.format('%.9g', faded(held[name]) + tonumber(ARGV[4 + i])))
end
if held.pinned ~= '1' then
  local sent = {}
  for i = 9, #ARGV, 3 do
    sent[ARGV[i]] = true
    learn(ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2])
  end
  -- While workers are brought up to date some send features that others do not know. The matrix is one of a loss as
  -- long as all of it fades alike.
  for field in pairs(held) do
    local feature = string.match(field, '^p:(.+)')
    if feature and not sent[feature] then learn(feature, 0, '') end
  end
end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('SET', numbered, ARGV[2], 'PX', ARGV[3])
return 1
