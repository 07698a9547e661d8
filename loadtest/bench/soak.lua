-- Sends requests in a given order, one after another on one connection a thread, and holds each answer against what
-- is expected of it. The file named returns {asks = {{name =, request =, status =, body =}, …}, order = {place, …}},
-- a body being what that of the answer begins with.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(args)
  mix = dofile(args[1])
  place = number
  answered, wrong, first = 0, 0, ""
end

function request()
  place = place % #mix.order + 1
  ask = mix.asks[mix.order[place]]
  return ask.request
end

function response(status, headers, body)
  answered = answered + 1
  if status ~= ask.status or body:sub(1, #ask.body) ~= ask.body then
    wrong = wrong + 1
    if first == "" then first = ask.name .. ": " .. status .. " " .. body:sub(1, 200) end
  end
end

function done(summary, latency, requests)
  local answered, wrong, first = 0, 0, ""
  for _, thread in ipairs(threads) do
    answered, wrong = answered + thread:get("answered"), wrong + thread:get("wrong")
    if first == "" then first = thread:get("first") end
  end
  local errors = summary.errors
  io.write(string.format('\n%d %d %d %s\n', answered, wrong,
    errors.connect + errors.read + errors.write + errors.timeout, first:gsub("\n", " ")))
end
