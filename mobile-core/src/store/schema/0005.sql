-- When a conversation was taken from an owner who was not there; NULL once somebody owns it.
ALTER TABLE conversation ADD COLUMN orphaned_at INTEGER;
