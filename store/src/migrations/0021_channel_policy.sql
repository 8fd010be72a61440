-- What customers of a number notice beside the messages, as JSON; NULL where nothing was set.
ALTER TABLE channel ADD COLUMN policy TEXT;
