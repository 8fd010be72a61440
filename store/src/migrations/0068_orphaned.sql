-- When a conversation was taken from an owner who was not there; NULL once somebody owns it.
ALTER TABLE conversation ADD COLUMN orphaned_at BIGINT;

-- What teams ask of their members.
CREATE INDEX setting_team_policy ON setting (workspace, id)
  WHERE kind = 'team_policy' AND ended_at IS NULL;
