-- Uploads that nobody asks about any more go after an hour: when each was last heard of.
ALTER TABLE upload ADD COLUMN heard_at BIGINT;
