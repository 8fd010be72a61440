-- One step of the table of leases of a workspace. Whatever stands in the keys may be garbage: what
-- does not read as a lease that could live is none.
-- KEYS: held (hash: conversation -> lease), due (zset: conversation by end), last (token)
-- ARGV: skew_ms, ttl_ms, keep_ms, newest token that the node has seen, op, then what the op takes
local held, due, last = KEYS[1], KEYS[2], KEYS[3]
local ttl, keep, newest, op = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local conversation, agent, device = ARGV[6], ARGV[7], ARGV[8]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])

local function int(n) return string.format('%.0f', n) end

local function read(where)
  local text = redis.call('HGET', held, where)
  if not text or #text > 200 then return nil end
  local pattern = '^([%x-]+)|([%x-]+)|(%d+)|(%d+)|(%d+)|(%d+)$'
  local a, d, token, since, renewal, ends = string.match(text, pattern)
  if not a or math.max(#token, #since, #renewal, #ends) > 15 then return nil end
  if tonumber(ends) <= now or tonumber(ends) > now + ttl then return nil end
  local lease = { agent = a, device = d, since = since }
  lease.token, lease.renewal = tonumber(token), tonumber(renewal)
  return lease
end

local function write(where, lease)
  local parts = { lease.agent, lease.device, int(lease.token), lease.since, int(lease.renewal) }
  parts[6] = int(now + ttl)
  redis.call('HSET', held, where, table.concat(parts, '|'))
  redis.call('ZADD', due, int(now + ttl), where)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, keep) end
end

-- Grows over what is kept here; where that was lost, over the time and over what nodes have seen.
local function next_token()
  local before = tonumber(redis.call('GET', last) or '0') or 0
  if before > 9e14 or before < 0 then before = 0 end
  local token = math.max(before + 1, newest + 1, now)
  redis.call('SET', last, int(token), 'PX', keep)
  return token
end

local function told(outcome, changed, lease)
  local answer = { outcome, changed }
  if lease then
    answer[3], answer[4], answer[5] = lease.agent, lease.device, int(lease.token)
    answer[6], answer[7] = lease.since, int(lease.renewal)
  end
  return answer
end

if op == 'lapse' then
  local gone = {}
  for _, where in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', int(now), 'LIMIT', 0, 500)) do
    redis.call('ZREM', due, where)
    if not read(where) and redis.call('HDEL', held, where) == 1 then gone[#gone + 1] = where end
  end
  local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
  local wait = first[2] and math.min(math.max(tonumber(first[2]) - now, 0), ttl)
  return { wait and int(wait) or '', gone }
end

local lease = read(conversation)
local is_mine = lease and lease.agent == agent and lease.device == device
if op == 'look' then
  return told(lease and 'held' or 'none', 0, lease)
elseif op == 'stop' then
  if not is_mine then return told('none', 0) end
  redis.call('HDEL', held, conversation)
  redis.call('ZREM', due, conversation)
  return told('none', 1)
elseif op == 'restore' then
  if is_mine then return told('granted', 0, lease) end
  if lease then return told('held', 0, lease) end
  lease = { agent = agent, device = device, since = ARGV[9], renewal = tonumber(ARGV[10]) }
  lease.token = next_token()
  write(conversation, lease)
  return told('granted', 1, lease)
elseif is_mine then
  lease.renewal = lease.renewal + 1
  write(conversation, lease)
  return told('granted', 0, lease)
elseif lease and op ~= 'take_over' then
  return told('held', 0, lease)
end
lease = { agent = agent, device = device, token = next_token(), since = int(now), renewal = 0 }
write(conversation, lease)
return told('granted', 1, lease)
