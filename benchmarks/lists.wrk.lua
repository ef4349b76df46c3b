-- wrk's requests: lists of 20 for one of the first so many users; both numbers come after `--`, then the strategy.
local users, strategy

function init(arguments)
  users, strategy = tonumber(arguments[1]), arguments[2]
end

function request()
  local path = '/realtime-recommend?user_id=r%d&limit=20&reasons=false&strategy=%s'
  return wrk.format('GET', string.format(path, math.random(users) - 1, strategy))
end

function done(summary)
  io.write(string.format('{"requests": %d, "seconds": %f, "failed": %d}\n', summary.requests,
    summary.duration / 1e6, summary.errors.status + summary.errors.timeout + summary.errors.connect))
end
