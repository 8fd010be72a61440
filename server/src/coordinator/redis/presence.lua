-- One step of the table of who is there in a workspace, and of who looks at what.
-- KEYS: connections (zset: "connection|agent" by end), counts (hash: agent -> connections), agents
-- (zset: agent by end, for ever while connected), looks (zset of one score: "conversation|agent|
-- connection"), views (hash: connection -> conversation)
-- ARGV: skew_ms, ttl_ms, grace_ms, keep_ms, op, then what the op takes
local connections, counts, agents, looks, views = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local ttl, grace, keep, op = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[1])
local news = {}

local function int(n) return string.format('%.0f', n) end

local function viewers(conversation)
  local from, to = '[' .. conversation .. '|', '[' .. conversation .. '|\255'
  local all, before = {}, nil
  for _, member in ipairs(redis.call('ZRANGEBYLEX', looks, from, to, 'LIMIT', 0, 2000)) do
    local agent = string.match(member, '^[^|]*|([^|]*)|')
    if agent and agent ~= before then all[#all + 1] = agent end
    before = agent
  end
  return all
end

local function look_at(connection, agent, conversation, is_there)
  local before = table.concat(viewers(conversation), ' ')
  local member = conversation .. '|' .. agent .. '|' .. connection
  if is_there then redis.call('ZADD', looks, 0, member) else redis.call('ZREM', looks, member) end
  local after = viewers(conversation)
  if table.concat(after, ' ') ~= before then news[#news + 1] = { 'view', conversation, after } end
end

local function view(connection, agent, what)
  if not redis.call('ZSCORE', connections, connection .. '|' .. agent) then return end
  local old = redis.call('HGET', views, connection) or ''
  if old == what then return end
  if what == '' then
    redis.call('HDEL', views, connection)
  else
    redis.call('HSET', views, connection, what)
  end
  if old ~= '' then look_at(connection, agent, old, false) end
  if what ~= '' then look_at(connection, agent, what, true) end
end

local function connect(connection, agent, what)
  local is_new = redis.call('ZADD', connections, int(now + ttl), connection .. '|' .. agent) == 1
  if is_new then redis.call('HINCRBY', counts, agent, 1) end
  local known = redis.call('ZSCORE', agents, agent)
  if not known then news[#news + 1] = { 'online', agent } end
  if known ~= 'inf' then redis.call('ZADD', agents, '+inf', agent) end
  -- Unknown here, but not to its node: what was here was lost.
  if is_new and what ~= '' then view(connection, agent, what) end
end

local function disconnect(connection, agent)
  view(connection, agent, '')
  if redis.call('ZREM', connections, connection .. '|' .. agent) == 0 then return end
  if redis.call('HINCRBY', counts, agent, -1) <= 0 then
    redis.call('HDEL', counts, agent)
    redis.call('ZADD', agents, int(now + grace), agent)
  end
end

-- Few at once: the news that a crowd has gone must not fill the queues of the hubs.
local function ended(key)
  return redis.call('ZRANGEBYSCORE', key, '-inf', int(now), 'LIMIT', 0, 64)
end

local function lapse()
  for _, member in ipairs(ended(connections)) do
    local connection, agent = string.match(member, '^([^|]*)|([^|]*)$')
    if connection then disconnect(connection, agent) end
    redis.call('ZREM', connections, member)
  end
  for _, agent in ipairs(ended(agents)) do
    redis.call('ZREM', agents, agent)
    news[#news + 1] = { 'offline', agent }
  end
end

local function wait()
  local nearest
  for _, key in ipairs({ connections, agents }) do
    local first = redis.call('ZRANGEBYSCORE', key, '-inf', '(+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    local score = tonumber(first[2])
    if score and (not nearest or score < nearest) then nearest = score end
  end
  return nearest and int(math.min(math.max(nearest - now, 0), ttl)) or ''
end

local list = {}
if op == 'connected' then
  for i = 6, #ARGV, 3 do connect(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
elseif op == 'disconnected' then
  disconnect(ARGV[6], ARGV[7])
elseif op == 'view' then
  view(ARGV[6], ARGV[7], ARGV[8])
elseif op == 'viewers' then
  list = viewers(ARGV[6])
elseif op == 'online' then
  lapse()
  list = redis.call('ZRANGE', agents, 0, 9999)
elseif op == 'lapse' then
  lapse()
end
if op ~= 'viewers' then
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, keep) end
end
return { wait(), news, list }
