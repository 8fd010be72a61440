-- The canned reply that a message was made of; NULL where it was made of none.
ALTER TABLE message ADD COLUMN canned TEXT;

CREATE INDEX message_canned ON message (workspace, canned, accepted_at)
  WHERE canned IS NOT NULL;
