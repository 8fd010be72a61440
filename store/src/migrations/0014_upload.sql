-- Files that agents send: received in pieces, then given to WhatsApp. A row ends when a command
-- sends it; the file is the line's from then on.
CREATE TABLE upload (
  workspace TEXT NOT NULL,
  -- Of the line that it becomes.
  id TEXT NOT NULL,
  agent TEXT NOT NULL,
  conversation TEXT NOT NULL,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('image', 'video', 'audio', 'voice', 'document', 'sticker')),
  media_type TEXT NOT NULL,
  name TEXT,
  bytes BIGINT NOT NULL CHECK (bytes > 0),
  received BIGINT NOT NULL DEFAULT 0 CHECK (received >= 0 AND received <= bytes),
  -- Hex; as its author told it, then as it is.
  sha256 TEXT,
  state TEXT NOT NULL CHECK (state IN ('receiving', 'passing', 'ready', 'refused')),
  -- Meta's id of it never leaves the server.
  media TEXT CHECK ((media IS NOT NULL) = (state = 'ready')),
  -- Why it is refused.
  trouble TEXT CHECK ((trouble IS NOT NULL) = (state = 'refused')),
  made_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL DEFAULT 0,
  claimed_by TEXT,
  claim_epoch BIGINT NOT NULL DEFAULT 0,
  tries BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace, id)
);

-- What is passed on: as small as what is under way.
CREATE INDEX upload_passing ON upload (due_at) WHERE state = 'passing';
-- How many an agent has.
CREATE INDEX upload_agent ON upload (workspace, agent);
-- What nobody sent.
CREATE INDEX upload_made ON upload (made_at);
