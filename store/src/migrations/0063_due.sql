-- Until when a customer was promised something; NULL where no clock of a promise runs.
ALTER TABLE conversation ADD COLUMN due_at BIGINT;
