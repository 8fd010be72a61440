-- What became of a line after it was said: new words, taken back, reactions. JSON.
ALTER TABLE message ADD COLUMN amended TEXT;
