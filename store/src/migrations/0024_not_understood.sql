-- Parts of webhooks that a version does not understand. A later version takes them in again.
CREATE TABLE not_understood (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  meta_app TEXT NOT NULL,
  workspace TEXT,
  -- The line that shows it as unsupported or unreadable, if it is one.
  message TEXT,
  kind TEXT NOT NULL,
  original_type TEXT,
  -- A webhook of its own.
  element TEXT NOT NULL,
  at BIGINT NOT NULL,
  -- A version understood it.
  replayed_at BIGINT
);

CREATE INDEX not_understood_at ON not_understood (at);
CREATE INDEX not_understood_waits ON not_understood (id) WHERE replayed_at IS NULL;

-- Webhooks from before this table have 0: what was not understood of them is nowhere else yet.
ALTER TABLE intake ADD COLUMN sifted BIGINT NOT NULL DEFAULT 0 CHECK (sifted IN (0, 1));

-- A line that was read anew: the content that stands in place of its own, and its kind.
ALTER TABLE message ADD COLUMN understood TEXT;
ALTER TABLE message ADD COLUMN understood_kind TEXT
  CHECK ((understood_kind IS NULL) = (understood IS NULL));
