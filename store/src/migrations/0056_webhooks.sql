-- How far each webhook was told of the log. What it took at once leaves no row.
CREATE TABLE webhook_cursor (
  workspace TEXT NOT NULL REFERENCES workspace (id),
  id TEXT NOT NULL,
  position BIGINT NOT NULL,
  -- When it last took something, and since when it takes nothing.
  accepted_at BIGINT,
  failing_since BIGINT,
  paused_at BIGINT,
  paused_for TEXT,
  PRIMARY KEY (workspace, id)
);

-- Requests that a webhook did not take at once, and tests.
CREATE TABLE webhook_delivery (
  workspace TEXT NOT NULL,
  id TEXT NOT NULL,
  -- The event's; a test has that of the log's end when it was asked for.
  position BIGINT NOT NULL,
  -- `event` or `test`.
  sort TEXT NOT NULL,
  tries BIGINT NOT NULL,
  at BIGINT NOT NULL,
  -- The next try; NULL where there is none.
  due_at BIGINT,
  -- Of the last answer; NULL where there was none.
  status BIGINT,
  took_ms BIGINT NOT NULL,
  -- What it began with, or why there was none.
  answer TEXT NOT NULL,
  PRIMARY KEY (workspace, id, sort, position),
  FOREIGN KEY (workspace, id) REFERENCES webhook_cursor (workspace, id)
);

CREATE INDEX webhook_delivery_due ON webhook_delivery (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_delivery_at ON webhook_delivery (at);
