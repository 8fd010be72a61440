-- Several servers on one database.

-- The lives of servers. A life ends when it says so or when its beat stands still; a claim of a
-- send that names no row here is stranded.
CREATE TABLE node (
  id TEXT PRIMARY KEY,
  beat BIGINT NOT NULL,
  started_at BIGINT NOT NULL
);

-- Which node does what only one does, and how often that has changed: one row.
CREATE TABLE leader (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  node TEXT NOT NULL,
  term BIGINT NOT NULL
);
INSERT INTO leader (one, node, term) VALUES (1, '', 0);

-- Which node makes the attempt; NULL for those of before.
ALTER TABLE attempt ADD COLUMN node TEXT;

-- Tickets for sockets, by digest: given by one node, used up at any.
CREATE TABLE socket_ticket (
  digest TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  device TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX socket_ticket_device ON socket_ticket (workspace, device);
CREATE INDEX socket_ticket_expiry ON socket_ticket (expires_at);
