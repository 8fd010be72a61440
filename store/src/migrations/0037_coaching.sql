-- Coaching notes of a conversation: rows of the log that make no revision and name a team.
CREATE INDEX log_coaching ON log (workspace, conversation, position)
  WHERE revision IS NULL AND team_after IS NOT NULL;
