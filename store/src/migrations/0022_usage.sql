-- How much a workspace keeps, and which files are old.
CREATE INDEX file_kept ON file (workspace, bytes) WHERE state = 'stored';
CREATE INDEX file_age ON file (received_at) WHERE state = 'stored';
