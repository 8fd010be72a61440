-- The newest notes of a stretch are read in the order of the index: thousands behind one line are
-- neither sorted nor looked through for each of them.
DROP INDEX note_conversation;
CREATE INDEX note_conversation ON note (workspace, conversation, after_seq, revision);
