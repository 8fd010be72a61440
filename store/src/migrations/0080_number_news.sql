-- What Meta told of a number or its account by webhook: of each subject the newest.
CREATE TABLE number_news (
  workspace TEXT NOT NULL,
  channel TEXT NOT NULL,
  about TEXT NOT NULL,
  -- As JSON.
  news TEXT NOT NULL,
  PRIMARY KEY (workspace, channel, about),
  FOREIGN KEY (workspace, channel) REFERENCES channel (workspace, id) ON DELETE CASCADE
){sqlite  WITHOUT ROWID};

-- Who was told that a number stands otherwise, and who saw it.
CREATE TABLE number_notice (
  workspace TEXT NOT NULL,
  agent TEXT NOT NULL,
  channel TEXT NOT NULL,
  -- The end of the log by then.
  position BIGINT NOT NULL,
  at BIGINT NOT NULL,
  read_at BIGINT,
  PRIMARY KEY (workspace, agent, channel),
  FOREIGN KEY (workspace, channel) REFERENCES channel (workspace, id) ON DELETE CASCADE
){sqlite  WITHOUT ROWID};
