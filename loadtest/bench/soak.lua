-- Sends requests in a given order, one after another on one connection per thread, and checks each response.
-- The file in the argument returns
--   {exchanges = {{name =, request =, status =, body =}, …}, order = {index, …}}
-- where body is the beginning of the expected response's body.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(args)
  mix = dofile(args[1])
  place = number
  answered, wrong, first_wrong = 0, 0, ""
end

function request()
  place = place % #mix.order + 1
  exchange = mix.exchanges[mix.order[place]]
  return exchange.request
end

function response(status, headers, body)
  answered = answered + 1
  if status ~= exchange.status or body:sub(1, #exchange.body) ~= exchange.body then
    wrong = wrong + 1
    if first_wrong == "" then first_wrong = exchange.name .. ": " .. status .. " " .. body:sub(1, 200) end
  end
end

function done(summary, latency, requests)
  local answered, wrong, first_wrong = 0, 0, ""
  for _, thread in ipairs(threads) do
    answered, wrong = answered + thread:get("answered"), wrong + thread:get("wrong")
    if first_wrong == "" then first_wrong = thread:get("first_wrong") end
  end
  local errors = summary.errors
  io.write(string.format('\n%d %d %d %s\n', answered, wrong,
    errors.connect + errors.read + errors.write + errors.timeout, first_wrong:gsub("\n", " ")))
end
