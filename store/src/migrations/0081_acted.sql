-- The last time at which a person did something on a device, and what the leader tells of people
-- who missed what they were asked to take.
ALTER TABLE device ADD COLUMN acted_at BIGINT;
ALTER TABLE leader ADD COLUMN missed TEXT;
-- What a push service took, also where it was taken back since.
DROP INDEX push_taken;
CREATE INDEX push_taken ON push (workspace, agent, created_at)
  WHERE state IN ('accepted', 'retracted') AND kind <> 'retract';
-- Reminders of a workspace, for those of an agent who leaves.
CREATE INDEX conversation_reminded ON conversation (workspace, remind_at)
  WHERE remind_at IS NOT NULL;
