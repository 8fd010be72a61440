-- The user name that a customer shows in place of a number, without its sign.
ALTER TABLE contact ADD COLUMN username TEXT;
