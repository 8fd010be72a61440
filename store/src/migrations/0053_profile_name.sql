-- The name that a customer chose, while one of the team's own stands in `name`.
ALTER TABLE contact ADD COLUMN profile_name TEXT;
