-- Whose templates a number sends, and when they are looked at again.
CREATE TABLE template_source (
  workspace TEXT NOT NULL,
  channel TEXT NOT NULL,
  -- Meta's id of the WhatsApp Business Account.
  account TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  synced_at BIGINT,
  -- Why the last look failed, in words.
  trouble TEXT,
  PRIMARY KEY (workspace, channel),
  FOREIGN KEY (workspace, channel) REFERENCES channel (workspace, id) ON DELETE CASCADE
);

CREATE INDEX template_source_due ON template_source (due_at);

-- Templates as Meta last told them, as JSON.
CREATE TABLE template (
  workspace TEXT NOT NULL,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  channel TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (workspace, name, language, channel),
  FOREIGN KEY (workspace, channel) REFERENCES template_source (workspace, channel)
    ON DELETE CASCADE
);

CREATE INDEX template_channel ON template (workspace, channel);
