-- Messages that wait for a person, the oldest first. Written with OR: SQLite does not see that one
-- status is among a list.
CREATE INDEX message_review ON message (workspace, at, id)
  WHERE status = 'held' OR status = 'unconfirmed';
