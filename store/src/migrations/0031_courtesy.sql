-- What the customer of a conversation was last shown of agents, so that all nodes show it once.
CREATE TABLE courtesy (
  workspace TEXT NOT NULL,
  conversation TEXT NOT NULL,
  seq BIGINT NOT NULL,
  typing_at BIGINT NOT NULL,
  PRIMARY KEY (workspace, conversation)
);
