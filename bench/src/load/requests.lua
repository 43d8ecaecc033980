-- Sends the requests of a file at random: one line each, the path, a tab, the Authorization header or nothing. Prints what came of it as JSON.
local requests = {}

function init()
  math.randomseed(7)
  for line in io.lines(os.getenv('BENCH_REQUESTS')) do
    local path, authorization = line:match('^([^\t]*)\t(.*)$')
    local headers = { Accept = os.getenv('BENCH_ACCEPT') }
    if authorization ~= '' then headers['Authorization'] = authorization end
    -- Made once: building them while it runs would cost more than sending them.
    requests[#requests + 1] = wrk.format('GET', path, headers)
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'bench {"requests":%d,"seconds":%f,"errors":%d,"p50Ms":%f,"p99Ms":%f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
