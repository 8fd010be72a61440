-- The tags that are on a conversation, as JSON; NULL where there are none.
ALTER TABLE conversation ADD COLUMN tags TEXT;
