-- What is remembered of a conversation for what happens by itself, as JSON; NULL where nothing is.
ALTER TABLE conversation ADD COLUMN clocks TEXT;

-- When a conversation is to be looked at because a clock of it rings. A hint: what rings is
-- decided of the conversation itself, and whoever touches it lets ring what is due.
CREATE TABLE look (
  workspace TEXT NOT NULL,
  conversation TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace, conversation)
){sqlite  WITHOUT ROWID};

CREATE INDEX look_at ON look (at);
