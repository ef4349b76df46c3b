-- wrk's requests: a hundred views of one of 20,000 users each and of 5,000 items, popular ones more often.
wrk.method = 'POST'
wrk.headers['Content-Type'] = 'application/json'

function request()
  local events = {}
  for n = 1, 100 do
    local user, item = math.random(20000), math.floor(5000 * math.random() ^ 3)
    events[n] = string.format('{"user_id":"u%d","item_id":"i%d","type":"view"}', user, item)
  end
  return wrk.format(nil, '/events', nil, '[' .. table.concat(events, ',') .. ']')
end

function done(summary)
  io.write(string.format('{"requests": %d, "seconds": %f, "failed": %d}\n', summary.requests,
    summary.duration / 1e6, summary.errors.status + summary.errors.timeout + summary.errors.connect))
end
