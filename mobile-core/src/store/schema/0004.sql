-- How urgent a conversation is in its queue; NULL where it is normal.
ALTER TABLE conversation ADD COLUMN priority TEXT;
