-- Who is invited to a workspace and has not joined: the agent's row is made when they do.
CREATE TABLE invitation (
  workspace TEXT NOT NULL REFERENCES workspace (id),
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin')),
  capacity BIGINT CHECK (capacity >= 0),
  -- A JSON array of {team_id, kind}.
  teams TEXT NOT NULL,
  -- Of the secret, by the installation's key. A new secret takes its place.
  digest TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('open', 'used', 'withdrawn')),
  -- The e-mail address while it waits: a person is invited once.
  open_email TEXT CHECK ((open_email IS NOT NULL) = (state = 'open')),
  -- NULL is the operator.
  invited_by TEXT,
  created_at BIGINT NOT NULL,
  renewed_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT CHECK ((ended_at IS NULL) = (state = 'open')),
  -- Who joined by it.
  agent TEXT CHECK ((agent IS NOT NULL) = (state = 'used')),
  PRIMARY KEY (workspace, id),
  UNIQUE (workspace, open_email),
  UNIQUE (workspace, agent),
  FOREIGN KEY (workspace, agent) REFERENCES agent (workspace, id)
);

-- What is forgotten some time after its end.
CREATE INDEX invitation_ended ON invitation (workspace, ended_at) WHERE ended_at IS NOT NULL;
