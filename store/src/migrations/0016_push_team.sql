-- The teams of which an agent wants to be told more, or less, than of all others.
CREATE TABLE push_team_level (
  workspace TEXT NOT NULL,
  agent TEXT NOT NULL,
  team TEXT NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('all', 'mine', 'nothing')),
  PRIMARY KEY (workspace, agent, team),
  FOREIGN KEY (workspace, agent) REFERENCES agent (workspace, id) ON DELETE CASCADE,
  FOREIGN KEY (workspace, team) REFERENCES team (workspace, id) ON DELETE CASCADE
);
