-- Until when the customer was promised something; NULL where nothing is.
ALTER TABLE conversation ADD COLUMN due_at INTEGER;
