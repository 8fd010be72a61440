-- Filters of the inbox that somebody keeps by name: their own, or a team's.
CREATE TABLE saved_view (
  workspace TEXT NOT NULL,
  id TEXT NOT NULL,
  -- Who keeps it; of a team's view who made it.
  agent TEXT NOT NULL,
  team TEXT,
  name TEXT NOT NULL,
  filter TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace, id),
  FOREIGN KEY (workspace, agent) REFERENCES agent (workspace, id),
  FOREIGN KEY (workspace, team) REFERENCES team (workspace, id)
);

CREATE INDEX saved_view_agent ON saved_view (workspace, agent);
CREATE INDEX saved_view_team ON saved_view (workspace, team) WHERE team IS NOT NULL;
