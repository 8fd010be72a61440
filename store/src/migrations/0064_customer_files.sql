-- The files of a customer are found by their time.
CREATE INDEX message_file ON message (workspace, conversation, at, id) WHERE file = 'stored';
