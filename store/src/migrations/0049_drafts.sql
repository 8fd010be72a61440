-- Texts that agents typed and did not send, so that they outlive the device.
CREATE TABLE draft (
  workspace TEXT NOT NULL,
  conversation TEXT NOT NULL,
  agent TEXT NOT NULL,
  body TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace, conversation, agent)
){sqlite  WITHOUT ROWID};

CREATE INDEX draft_at ON draft (at);
