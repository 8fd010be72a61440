-- Files of lines that agents send on: the line whose file is copied. WhatsApp has no id of it yet.
ALTER TABLE file ADD COLUMN source TEXT;

-- Templates that were sent, for those who ask where one is in use.
CREATE INDEX message_template ON message (workspace, channel, accepted_at)
  WHERE kind = 'template';
