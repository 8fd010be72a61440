-- Who is new on one number of a workspace is looked for on its others.
CREATE INDEX identity_name ON identity (value, kind, workspace);
