-- Who is known on one number of a workspace is looked for on its others, by what WhatsApp calls
-- them there. A copy of a database may have this index from elsewhere.
CREATE INDEX IF NOT EXISTS identity_name ON identity (value, kind, workspace);
