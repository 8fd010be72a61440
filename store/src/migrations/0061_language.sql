-- The language that the customer writes, as JSON; NULL where it is not known.
ALTER TABLE conversation ADD COLUMN language TEXT;
