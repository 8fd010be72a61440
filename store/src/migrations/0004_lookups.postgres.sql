-- PostgreSQL compares plans by what it believes of a table, and believes little of one that is new:
-- each index that begins with the workspace then looks as good as the one that was meant, and all
-- of a workspace is read for one row. So only primary keys, and indexes of some rows, begin with it.

ALTER TABLE conversation
  DROP CONSTRAINT conversation_workspace_contact_channel_key,
  DROP CONSTRAINT conversation_workspace_owner_agent_fkey;
ALTER TABLE agent
  DROP CONSTRAINT agent_workspace_email_key,
  DROP CONSTRAINT agent_workspace_active_id_key;
ALTER TABLE agent
  ADD CONSTRAINT agent_workspace_email_key UNIQUE (email, workspace),
  ADD CONSTRAINT agent_workspace_active_id_key UNIQUE (active_id, workspace);
ALTER TABLE conversation
  ADD CONSTRAINT conversation_workspace_contact_channel_key UNIQUE (contact, channel, workspace),
  ADD CONSTRAINT conversation_workspace_owner_agent_fkey
    FOREIGN KEY (workspace, owner_agent) REFERENCES agent (workspace, active_id);

DROP INDEX conversation_team;
CREATE INDEX conversation_team ON conversation (team, workspace, status, activity_at, id);
DROP INDEX identity_conversation;
CREATE INDEX identity_conversation ON identity (conversation, workspace);
DROP INDEX team_member_agent;
CREATE INDEX team_member_agent ON team_member (agent, workspace);

-- These find rows by what is theirs alone; the workspace is looked at afterwards.
DROP INDEX message_id;
CREATE UNIQUE INDEX message_id ON message (id, workspace);
DROP INDEX message_op;
CREATE UNIQUE INDEX message_op ON message (op_id, author, workspace) WHERE op_id IS NOT NULL;
DROP INDEX note_op;
CREATE UNIQUE INDEX note_op ON note (op_id, author, workspace);
DROP INDEX note_conversation;
CREATE INDEX note_conversation ON note (conversation, workspace, after_seq);
