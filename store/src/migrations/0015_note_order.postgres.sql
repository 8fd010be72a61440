-- The newest notes of a stretch are read in the order of the index: thousands behind one line are
-- not sorted.
DROP INDEX note_conversation;
CREATE INDEX note_conversation ON note (conversation, workspace, after_seq, revision);
