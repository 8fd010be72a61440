-- How often agents asked sources on a day: each has a part of what a source may be asked.
CREATE TABLE source_share (
  workspace TEXT NOT NULL,
  source TEXT NOT NULL,
  agent TEXT NOT NULL,
  -- Days since 1970, UTC.
  day BIGINT NOT NULL,
  asked BIGINT NOT NULL,
  PRIMARY KEY (workspace, source, agent)
){sqlite  WITHOUT ROWID};
