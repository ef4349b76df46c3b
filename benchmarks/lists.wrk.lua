-- wrk's requests: lists of 20 for one of the first so many users; that number comes after `--`, then the strategy, then
-- `true` or `false` for reasons, then for how many ms each connection rests before a request, on average (without it: not
-- at all).
local users, strategy, reasons

function init(arguments)
  users, strategy, reasons = tonumber(arguments[1]), arguments[2], arguments[3]
  local rest = tonumber(arguments[4])
  if rest then
    function delay() return 2 * rest * math.random() end
  end
end

function request()
  local path = '/realtime-recommend?user_id=r%d&limit=20&reasons=%s&strategy=%s'
  return wrk.format('GET', string.format(path, math.random(users) - 1, reasons, strategy))
end

function done(summary, latency)
  io.write(string.format('{"requests": %d, "seconds": %f, "failed": %d, "p90_ms": %f}\n', summary.requests,
    summary.duration / 1e6, summary.errors.status + summary.errors.timeout + summary.errors.connect,
    latency:percentile(90) / 1000))
end
