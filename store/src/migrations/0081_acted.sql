-- The last time at which a person did something on a device, and what the leader tells of people
-- who missed what they were asked to take.
ALTER TABLE device ADD COLUMN acted_at BIGINT;
ALTER TABLE leader ADD COLUMN missed TEXT;
