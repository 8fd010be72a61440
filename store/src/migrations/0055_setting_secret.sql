-- Secrets of settings of whatever kind: no body, no event and no list has them. `sealed` is opened by
-- the server with its key, for this row alone. Where a secret is only compared, there is its digest.
CREATE TABLE setting_secret (
  workspace TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  -- 1, 2, 3 … as a text: keys of sheets are texts.
  n TEXT NOT NULL,
  sealed TEXT,
  digest TEXT UNIQUE,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (workspace, kind, id, n),
  FOREIGN KEY (workspace, kind, id) REFERENCES setting (workspace, kind, id),
  CHECK ((sealed IS NULL) <> (digest IS NULL))
);
