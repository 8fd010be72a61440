-- Offers of a conversation that nobody answered in time, as JSON; NULL where there are none.
ALTER TABLE conversation ADD COLUMN lapsed TEXT;
