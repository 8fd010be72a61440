-- What a customer last said of marketing from a number, as JSON.
ALTER TABLE conversation ADD COLUMN marketing TEXT;
