-- Conversations for which a rule asks routing for an agent. A hint, written in the commit of the
-- rule's run: the choice is tested again when it is made. The leader ends what is over.
CREATE TABLE assign (
  workspace TEXT NOT NULL,
  conversation TEXT NOT NULL,
  rule TEXT NOT NULL,
  team TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (workspace, conversation)
){sqlite  WITHOUT ROWID};
