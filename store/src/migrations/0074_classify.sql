-- Sources that a rule asks for labels of what was said. Written in the commit of the rule's run, and
-- ended in that of the answer: a question outlives the node that asked it.
CREATE TABLE classify (
  workspace TEXT NOT NULL,
  conversation TEXT NOT NULL,
  source TEXT NOT NULL,
  episode BIGINT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (workspace, conversation, source)
){sqlite  WITHOUT ROWID};
