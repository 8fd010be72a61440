-- The values of attributes on a contact's card, as JSON; NULL where there are none.
ALTER TABLE contact ADD COLUMN fields TEXT;
