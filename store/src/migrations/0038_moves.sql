-- When WhatsApp said that a customer has another number, as JSON: the newest of them.
ALTER TABLE contact ADD COLUMN moves TEXT;
