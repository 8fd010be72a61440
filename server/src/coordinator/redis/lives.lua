-- The nodes that have told all of their connections.
-- KEYS: lives (zset: node by end; what has ended stays for a while, so that a Redis that forgot is
-- known from a node that was away)
-- ARGV: skew_ms, ttl_ms, keep_ms, op, nodes …
local lives, ttl, keep, op = KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])

local function int(n) return string.format('%.0f', n) end

local function add(node)
  redis.call('ZADD', lives, int(now + ttl), node)
  local old = redis.call('ZRANGEBYSCORE', lives, '-inf', int(now - keep), 'LIMIT', 0, 64)
  for _, one in ipairs(old) do redis.call('ZREM', lives, one) end
  redis.call('PEXPIRE', lives, int(keep))
  return 1
end

if op == 'told' then return add(ARGV[5]) end
if op == 'keep' then return redis.call('ZSCORE', lives, ARGV[5]) and add(ARGV[5]) or 0 end
for i = 5, #ARGV do
  local ends = tonumber(redis.call('ZSCORE', lives, ARGV[i]) or '0')
  -- No honest end is later.
  if ends <= now or ends > now + ttl then return 0 end
end
return 1
