-- How numbers stand at Meta, as it was last told, and when it is asked again. A number without a
-- row was never asked about.
CREATE TABLE channel_health (
  workspace TEXT NOT NULL,
  channel TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  state TEXT CHECK (state IN ('works', 'attention', 'stopped')),
  -- As JSON.
  health TEXT,
  -- When WhatsApp last refused a message for a reason that concerns all of them, and its code.
  refused_at BIGINT,
  refused_with BIGINT,
  PRIMARY KEY (workspace, channel),
  FOREIGN KEY (workspace, channel) REFERENCES channel (workspace, id) ON DELETE CASCADE,
  CHECK ((refused_at IS NULL) = (refused_with IS NULL)),
  CHECK ((state IS NULL) = (health IS NULL))
);

CREATE INDEX channel_health_due ON channel_health (due_at);
