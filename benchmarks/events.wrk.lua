-- wrk's requests: views of one of 20,000 users and of 5,000 items, popular ones more often, by the write key that
-- `ingest.py` names. After `--`: for how many ms each connection rests before a request, on average (without it: not at
-- all).
wrk.method = 'POST'
wrk.headers['Content-Type'] = 'application/json'
wrk.headers['Authorization'] = 'Bearer benchmark-write-key'

function init(arguments)
  local rest = tonumber(arguments[1])
  if rest then
    function delay() return 2 * rest * math.random() end
  end
end

function request()
  local user, item = math.random(20000), math.floor(5000 * math.random() ^ 3)
  return wrk.format(nil, '/event', nil, string.format('{"user_id":"u%d","item_id":"i%d","type":"view"}', user, item))
end

function done(summary)
  io.write(string.format('{"requests": %d, "seconds": %f, "failed": %d}\n', summary.requests,
    summary.duration / 1e6, summary.errors.status + summary.errors.timeout + summary.errors.connect))
end
