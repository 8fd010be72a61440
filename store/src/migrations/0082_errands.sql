-- Work outside that follows a commit: written in the commit that wishes it, ended by whoever did it.
-- One of a kind stands for each key, and a later wish takes its place.
CREATE TABLE errand (
  workspace TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace, kind, key)
){sqlite  WITHOUT ROWID};

CREATE INDEX errand_due ON errand (kind, due_at);
