-- Notices: what concerns an agent, one row for each agent and event. They are made of events when
-- those are committed, and are no part of the log.
CREATE TABLE notice (
  workspace TEXT NOT NULL,
  agent TEXT NOT NULL,
  position BIGINT NOT NULL,
  conversation TEXT NOT NULL,
  kind TEXT NOT NULL,
  at BIGINT NOT NULL,
  -- The agent who caused it, the note and the message that it is about.
  author TEXT,
  note TEXT,
  message TEXT,
  read_at BIGINT,
  PRIMARY KEY (workspace, agent, position)
){sqlite  WITHOUT ROWID};

CREATE INDEX notice_unread ON notice (workspace, conversation, agent) WHERE read_at IS NULL;

CREATE INDEX notice_at ON notice (at);

-- When a practice number was removed: it is hidden from then on.
ALTER TABLE channel ADD COLUMN removed_at BIGINT;
