-- Pushes that facts cause: to whom, by what, and how far each has come.

-- One push to one device. The committer writes it in the transaction of the fact; the sender of its
-- lane claims it and says how it went. No foreign key to the registration: a push whose device is
-- gone ends when it is claimed, and nobody waits for the lock of a registration.
CREATE TABLE push (
  workspace TEXT NOT NULL,
  id TEXT NOT NULL,
  agent TEXT NOT NULL,
  device TEXT NOT NULL,
  lane TEXT NOT NULL
    CHECK (lane IN ('fcm', 'apns', 'webpush', 'unifiedpush', 'relay', 'log')),
  conversation TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  -- The place in the log of what it tells.
  position BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'claimed', 'accepted', 'superseded', 'suppressed',
    'retracted', 'expired', 'dead')),
  -- Of a queued one: not sent before. Of a claimed one: until when the claim holds.
  due_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  claim_epoch BIGINT NOT NULL DEFAULT 0,
  claimed_by TEXT,
  ended_at BIGINT,
  reason TEXT,
  PRIMARY KEY (workspace, id)
);

-- What senders look for: as small as what waits.
CREATE INDEX push_due ON push (lane, due_at) WHERE state IN ('queued', 'claimed');
-- What a fact may take back.
CREATE INDEX push_live ON push (conversation)
  WHERE state IN ('queued', 'claimed', 'accepted') AND kind <> 'retract';
-- What a device that looks may suppress.
CREATE INDEX push_queued ON push (agent) WHERE state = 'queued';
CREATE INDEX push_created ON push (created_at);

-- How much an agent wants to be told. Minutes of the day, in the zone.
CREATE TABLE push_preference (
  workspace TEXT NOT NULL,
  agent TEXT NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('all', 'mine', 'nothing')),
  quiet_from BIGINT CHECK (quiet_from BETWEEN 0 AND 1439),
  quiet_until BIGINT CHECK (quiet_until BETWEEN 0 AND 1439),
  zone TEXT,
  PRIMARY KEY (workspace, agent),
  FOREIGN KEY (workspace, agent) REFERENCES agent (workspace, id) ON DELETE CASCADE,
  CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
  CHECK ((quiet_from IS NULL) = (zone IS NULL))
);

-- When the device last told how far it has come, and when somebody was looking at it; written
-- once a minute at most.
ALTER TABLE device ADD COLUMN acked_at BIGINT;
ALTER TABLE device ADD COLUMN watched_at BIGINT;
