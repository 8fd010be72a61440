-- Agents who follow a conversation without owning it. As with owners, nobody becomes inactive who
-- still follows one.
CREATE TABLE follower (
  workspace TEXT NOT NULL,
  conversation TEXT NOT NULL,
  agent TEXT NOT NULL,
  PRIMARY KEY (workspace, conversation, agent),
  FOREIGN KEY (workspace, conversation) REFERENCES conversation (workspace, id),
  FOREIGN KEY (workspace, agent) REFERENCES agent (workspace, active_id)
);

CREATE INDEX follower_agent ON follower (agent, workspace, conversation);
