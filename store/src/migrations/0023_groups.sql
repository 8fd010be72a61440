-- A group is a conversation of its own kind, with a row of a contact for its subject and who is in it.
ALTER TABLE conversation ADD COLUMN kind TEXT CHECK (kind = 'group');
ALTER TABLE contact ADD COLUMN group_card TEXT;

-- In a group each participant has a status of their own: several may wait for one message.
CREATE TABLE parked_status_of_all (
  workspace TEXT NOT NULL,
  channel TEXT NOT NULL,
  wamid TEXT NOT NULL,
  status TEXT NOT NULL,
  error TEXT,
  at BIGINT NOT NULL,
  participant TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (workspace, channel, wamid, status, participant)
);
INSERT INTO parked_status_of_all (workspace, channel, wamid, status, error, at)
  SELECT workspace, channel, wamid, status, error, at FROM parked_status;
DROP TABLE parked_status;
ALTER TABLE parked_status_of_all RENAME TO parked_status;
CREATE INDEX parked_status_at ON parked_status (at);
