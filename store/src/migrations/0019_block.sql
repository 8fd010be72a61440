-- Blocked customers: the block, as JSON.
ALTER TABLE conversation ADD COLUMN block TEXT;

-- What WhatsApp has to be told of blocks: which customers, and when it is tried next.
CREATE TABLE block_call (
  workspace TEXT NOT NULL,
  conversation TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (workspace, conversation),
  FOREIGN KEY (workspace, conversation) REFERENCES conversation (workspace, id)
);

CREATE INDEX block_call_due ON block_call (due_at);

-- The list of those who are blocked.
CREATE INDEX conversation_blocked ON conversation (workspace, team, activity_at, id)
  WHERE block IS NOT NULL;
