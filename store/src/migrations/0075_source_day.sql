-- How often sources were asked on a day: some may be asked so often and no more.
CREATE TABLE source_day (
  workspace TEXT NOT NULL,
  source TEXT NOT NULL,
  -- Days since 1970, UTC.
  day BIGINT NOT NULL,
  asked BIGINT NOT NULL,
  PRIMARY KEY (workspace, source)
){sqlite  WITHOUT ROWID};
