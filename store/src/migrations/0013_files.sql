-- Files that customers send: what became of each, and what its fetch needs.

ALTER TABLE message ADD COLUMN file TEXT
  CHECK (file IN ('waiting', 'stored', 'expired', 'refused'));
-- Its size, where it is stored.
ALTER TABLE message ADD COLUMN file_bytes BIGINT CHECK ((file_bytes IS NULL) = (file <> 'stored'));

-- Meta's id of a file never leaves the server. The committer writes what became of it, in the
-- transaction that tells it; the other columns are the fetcher's.
CREATE TABLE file (
  workspace TEXT NOT NULL,
  message TEXT NOT NULL,
  conversation TEXT NOT NULL,
  seq BIGINT NOT NULL,
  channel TEXT NOT NULL,
  media TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'stored', 'expired', 'refused')),
  bytes BIGINT,
  -- As WhatsApp told it.
  media_type TEXT,
  -- Of the bytes that are stored, hex.
  sha256 TEXT,
  -- Not fetched before; of a claimed one: until when the claim holds.
  due_at BIGINT NOT NULL DEFAULT 0,
  claimed_by TEXT,
  claim_epoch BIGINT NOT NULL DEFAULT 0,
  tries BIGINT NOT NULL DEFAULT 0,
  -- How often the answer was one that would be the last.
  doubts BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace, message)
);

-- What the fetcher looks for: as small as what waits.
CREATE INDEX file_waiting ON file (due_at) WHERE state = 'waiting';
