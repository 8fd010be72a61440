-- One text for SQLite and PostgreSQL. Ids are TEXT (UUIDs in lower case), instants BIGINT
-- milliseconds UTC, booleans BIGINT 0/1, JSON is TEXT. Pieces in braces are rendered per database
-- by store/dialect.rs. Triggers lie beside, one file for each database.

-- The installation -----------------------------------------------------------------------------

CREATE TABLE installation (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE meta_app (
  id TEXT PRIMARY KEY,
  secrets_sealed TEXT NOT NULL,
  verify_token_sealed TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE workspace (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

-- Which workspaces an app serves, as the operator said: their admins may connect its numbers.
CREATE TABLE meta_app_grant (
  meta_app TEXT NOT NULL REFERENCES meta_app (id),
  workspace TEXT NOT NULL REFERENCES workspace (id),
  PRIMARY KEY (meta_app, workspace)
);

-- People -----------------------------------------------------------------------------------------

CREATE TABLE team (
  workspace TEXT NOT NULL REFERENCES workspace (id),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  reply_policy TEXT NOT NULL CHECK (reply_policy IN ('owner', 'team', 'scope')),
  visibility TEXT NOT NULL CHECK (visibility IN ('full', 'head', 'own')),
  claim_from_colleagues BIGINT NOT NULL CHECK (claim_from_colleagues IN (0, 1)),
  PRIMARY KEY (workspace, id),
  UNIQUE (workspace, name)
);

-- `active_id` equals the id while conversations may be owned, else NULL: owners reference it, so
-- that an inactive owner cannot be stored. A leaving agent still owns until re-homed.
CREATE TABLE agent (
  workspace TEXT NOT NULL REFERENCES workspace (id),
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin')),
  state TEXT NOT NULL CHECK (state IN ('active', 'leaving', 'inactive')),
  active_id TEXT,
  availability TEXT NOT NULL CHECK (availability IN ('available', 'busy', 'away')),
  capacity BIGINT CHECK (capacity IS NULL OR capacity >= 0),
  load BIGINT NOT NULL DEFAULT 0 CHECK (load >= 0),
  password_hash TEXT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace, id),
  UNIQUE (workspace, email),
  UNIQUE (workspace, active_id),
  CHECK (COALESCE(active_id, '') = CASE state WHEN 'inactive' THEN '' ELSE id END)
);

-- Looked at every second; nearly always empty.
CREATE INDEX agent_leaving ON agent (workspace, id) WHERE state = 'leaving';

CREATE TABLE team_member (
  workspace TEXT NOT NULL,
  team TEXT NOT NULL,
  agent TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('member', 'supervisor')),
  PRIMARY KEY (workspace, team, agent),
  FOREIGN KEY (workspace, team) REFERENCES team (workspace, id),
  FOREIGN KEY (workspace, agent) REFERENCES agent (workspace, id)
);

CREATE INDEX team_member_agent ON team_member (workspace, agent);

-- A device's session: a family of refresh tokens. Tokens are stored as SHA-256 digests.
CREATE TABLE device (
  workspace TEXT NOT NULL,
  id TEXT NOT NULL,
  agent TEXT NOT NULL,
  name TEXT NOT NULL,
  family TEXT NOT NULL,
  generation BIGINT NOT NULL,
  refresh_digest TEXT NOT NULL,
  previous_digest TEXT,
  access_digest TEXT NOT NULL,
  access_expires_at BIGINT NOT NULL,
  refresh_expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  revoked_at BIGINT,
  PRIMARY KEY (workspace, id),
  FOREIGN KEY (workspace, agent) REFERENCES agent (workspace, id)
);

CREATE UNIQUE INDEX device_access ON device (access_digest);
CREATE INDEX device_agent ON device (workspace, agent);

-- Channels and contacts --------------------------------------------------------------------------

CREATE TABLE channel (
  workspace TEXT NOT NULL REFERENCES workspace (id),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  meta_app TEXT NOT NULL REFERENCES meta_app (id),
  phone_number_id TEXT NOT NULL UNIQUE,
  display_number TEXT NOT NULL,
  token_sealed TEXT NOT NULL,
  default_team TEXT NOT NULL,
  pace_per_s BIGINT NOT NULL DEFAULT 80 CHECK (pace_per_s > 0),
  PRIMARY KEY (workspace, id),
  FOREIGN KEY (workspace, default_team) REFERENCES team (workspace, id)
);

CREATE TABLE contact (
  workspace TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT,
  phone TEXT,
  search_name TEXT,
  PRIMARY KEY (workspace, id)
);

-- kind 'wa_id' or 'user_id' (BSUID).
CREATE TABLE identity (
  workspace TEXT NOT NULL,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('wa_id', 'user_id')),
  value TEXT NOT NULL,
  -- No foreign keys: an identity is the first thing of a new contact that is locked.
  contact TEXT NOT NULL,
  conversation TEXT NOT NULL,
  -- When the line was said that made it theirs: a number can pass to somebody else.
  since BIGINT NOT NULL,
  PRIMARY KEY (workspace, channel, kind, value)
);

CREATE INDEX identity_conversation ON identity (workspace, conversation);

-- Conversations ----------------------------------------------------------------------------------

CREATE TABLE conversation (
  workspace TEXT NOT NULL,
  id TEXT NOT NULL,
  channel TEXT NOT NULL,
  contact TEXT NOT NULL,
  team TEXT NOT NULL,
  owner_agent TEXT,
  owner_epoch BIGINT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('open', 'waiting', 'snoozed', 'resolved')),
  snoozed_until BIGINT,
  episode BIGINT NOT NULL CHECK (episode >= 0),
  revision BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  last_line TEXT,
  customer_seq BIGINT NOT NULL,
  turn_seq BIGINT,
  unanswered_since BIGINT,
  window_until BIGINT,
  last_agent TEXT,
  activity_at BIGINT NOT NULL,
  PRIMARY KEY (workspace, id),
  -- In this order it also finds the conversations of contacts searched for by name.
  UNIQUE (workspace, contact, channel),
  FOREIGN KEY (workspace, team) REFERENCES team (workspace, id),
  FOREIGN KEY (workspace, channel) REFERENCES channel (workspace, id),
  FOREIGN KEY (workspace, contact) REFERENCES contact (workspace, id),
  -- No owner agent means that the team's queue owns it: there is always an owner.
  FOREIGN KEY (workspace, owner_agent) REFERENCES agent (workspace, active_id),
  CHECK ((status = 'snoozed') = (snoozed_until IS NOT NULL)),
  CHECK ((turn_seq IS NULL) = (unanswered_since IS NULL)),
  CHECK (status <> 'resolved' OR (owner_agent IS NULL AND turn_seq IS NULL)),
  CHECK ((last_seq = 0) = (last_line IS NULL)),
  CHECK (customer_seq <= last_seq)
);

-- Lists are merged from branches of one team (or owner) and one status, each in index order: a
-- viewer's list costs what the viewer sees, not what the workspace has.
CREATE INDEX conversation_team ON conversation (workspace, team, status, activity_at, id);
CREATE INDEX conversation_owner
  ON conversation (workspace, owner_agent, status, activity_at, id)
  WHERE owner_agent IS NOT NULL;
CREATE INDEX conversation_unanswered
  ON conversation (workspace, team, status, unanswered_since, id)
  WHERE unanswered_since IS NOT NULL;
CREATE INDEX conversation_unanswered_owner
  ON conversation (workspace, owner_agent, status, unanswered_since, id)
  WHERE unanswered_since IS NOT NULL AND owner_agent IS NOT NULL;
CREATE INDEX conversation_snoozed ON conversation (snoozed_until) WHERE snoozed_until IS NOT NULL;

CREATE TABLE episode (
  workspace TEXT NOT NULL,
  conversation TEXT NOT NULL,
  n BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  resolved_at BIGINT,
  PRIMARY KEY (workspace, conversation, n),
  FOREIGN KEY (workspace, conversation) REFERENCES conversation (workspace, id)
);

CREATE UNIQUE INDEX episode_open ON episode (workspace, conversation) WHERE resolved_at IS NULL;

CREATE TABLE message (
  workspace TEXT NOT NULL,
  conversation TEXT NOT NULL,
  seq BIGINT NOT NULL CHECK (seq > 0),
  id TEXT NOT NULL,
  channel TEXT NOT NULL,
  author_kind TEXT NOT NULL
    CHECK (author_kind IN ('customer', 'agent', 'phone_app', 'acknowledgement')),
  author TEXT,
  kind TEXT NOT NULL CHECK (kind IN ('text', 'unsupported', 'unreadable')),
  at BIGINT NOT NULL,
  accepted_at BIGINT NOT NULL,
  quoted TEXT,
  wamid TEXT,
  -- The identity that a customer's line came from: replies that saw it go there.
  identity_kind TEXT,
  identity_value TEXT,
  -- Outgoing messages only, from here on.
  op_id TEXT,
  device TEXT,
  seen_seq BIGINT,
  seen_id TEXT,
  status TEXT CHECK (status IN ('queued', 'sending', 'unconfirmed', 'accepted', 'sent',
    'delivered', 'read', 'played', 'failed', 'held', 'cancelled')),
  provider_rank BIGINT NOT NULL DEFAULT 0 CHECK (provider_rank BETWEEN 0 AND 5),
  held TEXT,
  error TEXT,
  attempt BIGINT NOT NULL DEFAULT 0,
  claim_epoch BIGINT NOT NULL DEFAULT 0,
  sending_at BIGINT,
  -- A queued message is not tried before this time; it is its own job.
  due_at BIGINT,
  status_at BIGINT,
  closed_turn_seq BIGINT,
  closed_turn_since BIGINT,
  -- Whether it may be with the customer already, by an attempt of which nobody knows the end.
  in_doubt BIGINT NOT NULL DEFAULT 0 CHECK (in_doubt IN (0, 1)),
  -- The attempt that brought the wamid, where it is known.
  wamid_attempt BIGINT,
  PRIMARY KEY (workspace, conversation, seq),
  FOREIGN KEY (workspace, conversation) REFERENCES conversation (workspace, id),
  CHECK ((author_kind = 'agent') = (author IS NOT NULL)),
  CHECK (author_kind <> 'agent' OR (op_id IS NOT NULL AND status IS NOT NULL)),
  CHECK (author_kind <> 'customer' OR (wamid IS NOT NULL AND status IS NULL)),
  -- What the provider has said stands: the status shown is not below it.
  CHECK (provider_rank <= CASE status WHEN 'accepted' THEN 1 WHEN 'sent' THEN 2
    WHEN 'delivered' THEN 3 WHEN 'read' THEN 4 ELSE 5 END)
);

CREATE UNIQUE INDEX message_id ON message (workspace, id);
-- The wamid first: alone it finds its message, and no other index begins with it. With the workspace
-- first, lookups of whole keys on PostgreSQL read 140,000 pages a group at 30,000 messages.
CREATE UNIQUE INDEX message_wamid ON message (wamid, workspace, channel) WHERE wamid IS NOT NULL;
CREATE UNIQUE INDEX message_op ON message (workspace, author, op_id) WHERE op_id IS NOT NULL;
-- Written with OR: SQLite does not see that one status is among a list.
CREATE INDEX message_due ON message (status, workspace, conversation, seq)
  WHERE status = 'queued' OR status = 'sending' OR status = 'unconfirmed';

CREATE TABLE attempt (
  workspace TEXT NOT NULL,
  message TEXT NOT NULL,
  n BIGINT NOT NULL,
  claim_epoch BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  outcome TEXT,
  wamid TEXT,
  PRIMARY KEY (workspace, message, n)
);


CREATE TABLE note (
  workspace TEXT NOT NULL,
  conversation TEXT NOT NULL,
  id TEXT NOT NULL,
  author TEXT NOT NULL,
  op_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  -- Number of the last line when it was written: notes are read with their stretch of lines.
  after_seq BIGINT NOT NULL,
  PRIMARY KEY (workspace, id),
  FOREIGN KEY (workspace, conversation) REFERENCES conversation (workspace, id)
);

CREATE UNIQUE INDEX note_op ON note (workspace, author, op_id);
CREATE INDEX note_conversation ON note (workspace, conversation, after_seq);

-- What may be erased: the body and the salt of its digest go together. The id is the message's or
-- note's; a change of a contact's card has one of its own, named in the log. The body is an
-- EventContent as JSON; the digest in the log is the SHA-256 of salt and body, one after the other.
CREATE TABLE content (
  workspace TEXT NOT NULL,
  id TEXT NOT NULL,
  salt TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (workspace, id)
);

CREATE TABLE read_mark (
  workspace TEXT NOT NULL,
  agent TEXT NOT NULL,
  conversation TEXT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (workspace, agent, conversation)
);

-- Maintained counts: conversations per team that nobody owns yet, and that wait for an answer.
CREATE TABLE tally (
  workspace TEXT NOT NULL,
  team TEXT NOT NULL,
  open BIGINT NOT NULL CHECK (open >= 0),
  queued BIGINT NOT NULL CHECK (queued >= 0),
  unanswered BIGINT NOT NULL CHECK (unanswered >= 0),
  PRIMARY KEY (workspace, team),
  FOREIGN KEY (workspace, team) REFERENCES team (workspace, id)
);

-- The log ----------------------------------------------------------------------------------------

CREATE TABLE log_head (
  workspace TEXT PRIMARY KEY REFERENCES workspace (id),
  position BIGINT NOT NULL DEFAULT 0,
  -- The feed holds what lies above it; older cursors are reset.
  feed_floor BIGINT NOT NULL DEFAULT 0,
  CHECK (0 <= feed_floor AND feed_floor <= position)
);

CREATE TABLE log (
  workspace TEXT NOT NULL,
  position BIGINT NOT NULL CHECK (position > 0),
  -- The position before it: a foreign key on the row before makes a hole impossible.
  previous BIGINT,
  at BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor TEXT,
  conversation TEXT,
  revision BIGINT,
  team_before TEXT,
  owner_before TEXT,
  team_after TEXT,
  owner_after TEXT,
  fact TEXT NOT NULL,
  content TEXT,
  digest TEXT,
  PRIMARY KEY (workspace, position),
  FOREIGN KEY (workspace, previous) REFERENCES log (workspace, position),
  CHECK (COALESCE(previous, 0) = position - 1)
);

CREATE UNIQUE INDEX log_revision ON log (workspace, conversation, revision)
  WHERE revision IS NOT NULL;

CREATE TABLE feed (
  workspace TEXT NOT NULL,
  audience TEXT NOT NULL,
  position BIGINT NOT NULL,
  conversation TEXT,
  PRIMARY KEY (workspace, audience, position)
){sqlite  WITHOUT ROWID};

-- One row for each stretch that was sealed: the chain's hash at its end, and in `marks` the first
-- eight bytes (hexadecimal) of the hash at each of its positions, so that the first changed row of
-- a stretch can be named. It stands apart from the log's head, so that sealing locks nobody out.
CREATE TABLE seal (
  workspace TEXT NOT NULL,
  upto BIGINT NOT NULL,
  from_position BIGINT NOT NULL,
  hash TEXT NOT NULL,
  marks TEXT NOT NULL,
  PRIMARY KEY (workspace, upto),
  UNIQUE (workspace, from_position),
  CHECK (0 < from_position AND from_position <= upto)
);

CREATE TABLE outcome (
  workspace TEXT NOT NULL,
  agent TEXT NOT NULL,
  op_id TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  conversation TEXT,
  after TEXT,
  answer TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace, agent, op_id)
);

CREATE INDEX outcome_at ON outcome (at);

-- Intake -----------------------------------------------------------------------------------------

CREATE TABLE intake (
  id TEXT PRIMARY KEY,
  meta_app TEXT NOT NULL,
  digest TEXT NOT NULL UNIQUE,
  received_at BIGINT NOT NULL,
  body TEXT NOT NULL
);

CREATE INDEX intake_received ON intake (received_at);

CREATE TABLE quarantine (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  meta_app TEXT NOT NULL,
  workspace TEXT,
  intake TEXT NOT NULL REFERENCES intake (id),
  reason TEXT NOT NULL,
  element TEXT NOT NULL,
  at BIGINT NOT NULL,
  -- Either one: nobody waits for it any more, and it goes with its intake.
  replayed_at BIGINT,
  dismissed_at BIGINT
);

CREATE INDEX quarantine_intake ON quarantine (intake);

-- A status that came before its wamid was known waits here.
CREATE TABLE parked_status (
  workspace TEXT NOT NULL,
  channel TEXT NOT NULL,
  wamid TEXT NOT NULL,
  status TEXT NOT NULL,
  error TEXT,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace, channel, wamid, status)
);

CREATE INDEX parked_status_at ON parked_status (at);
