-- What a team sets up, of every kind. The bodies are rows of `content`: here is the newest one's id.
-- The log tells each version, and `verify-log` folds it. There is no unique index over `name_key`:
-- the committer compares under the log head's lock, and one work may pass a name on.
CREATE TABLE setting (
  workspace TEXT NOT NULL REFERENCES workspace (id),
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  version BIGINT NOT NULL CHECK (version > 0),
  home_kind TEXT NOT NULL,
  home_id TEXT NOT NULL,
  content TEXT NOT NULL,
  -- What must be unique at its home; NULL where nothing must.
  name_key TEXT,
  rank BIGINT NOT NULL,
  -- Where the log tells of the newest version.
  position BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  changed_by TEXT,
  ended_at BIGINT,
  stamp_state BIGINT,
  PRIMARY KEY (workspace, kind, id)
);

CREATE INDEX setting_home ON setting (workspace, kind, home_kind, home_id);
CREATE INDEX setting_position ON setting (workspace, position);

-- Where the log tells of each version.
CREATE TABLE setting_version (
  workspace TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  version BIGINT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (workspace, kind, id, version)
);

-- What the newest bodies of settings name, and in which field: teams, agents, numbers, settings.
CREATE TABLE setting_name (
  workspace TEXT NOT NULL,
  of_kind TEXT NOT NULL,
  of_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  field TEXT NOT NULL,
  PRIMARY KEY (workspace, of_kind, of_id, kind, id, field)
);

CREATE INDEX setting_name_id ON setting_name (workspace, kind, id);

-- Position of the newest fact of settings.
ALTER TABLE log_head ADD COLUMN settings_at BIGINT;
