-- How devices are reached by push, and what they told of the pushes that came.

-- The road to a device. It ends with the device's session: see the triggers beside. The target's
-- digest is unique, so that an app on a handset that changes hands is reached for one agent alone.
CREATE TABLE push_device (
  workspace TEXT NOT NULL,
  device TEXT NOT NULL,
  lane TEXT NOT NULL
    CHECK (lane IN ('fcm', 'apns', 'webpush', 'unifiedpush', 'relay', 'log')),
  target_kind TEXT NOT NULL CHECK (target_kind IN ('token', 'fid', 'endpoint')),
  target_sealed TEXT NOT NULL,
  target_digest TEXT NOT NULL UNIQUE,
  -- What contents are sealed to.
  key_id TEXT,
  p256dh TEXT,
  auth_sealed TEXT,
  app_id TEXT,
  env TEXT CHECK (env IN ('production', 'sandbox')),
  locale TEXT,
  -- A JSON array of names.
  caps TEXT NOT NULL,
  -- Random, new with every registration: the receipt key derives from it.
  receipt_salt TEXT NOT NULL,
  registered_at BIGINT NOT NULL,
  confirmed_at BIGINT NOT NULL,
  last_receipt_at BIGINT,
  PRIMARY KEY (workspace, device),
  FOREIGN KEY (workspace, device) REFERENCES device (workspace, id) ON DELETE CASCADE,
  CHECK ((p256dh IS NULL) = (auth_sealed IS NULL)),
  CHECK (key_id IS NULL OR p256dh IS NOT NULL)
);

CREATE INDEX push_device_confirmed ON push_device (confirmed_at);

-- What became of a push on the one device that had it: the first time of each stage.
CREATE TABLE push_receipt (
  workspace TEXT NOT NULL,
  push TEXT NOT NULL,
  device TEXT NOT NULL,
  received_at BIGINT,
  shown_at BIGINT,
  opened_at BIGINT,
  dismissed_at BIGINT,
  -- What the app was doing when the first of them happened that was told.
  app_state TEXT NOT NULL CHECK (app_state IN ('foreground', 'background', 'extension')),
  heard_at BIGINT NOT NULL,
  PRIMARY KEY (workspace, push),
  FOREIGN KEY (workspace, device) REFERENCES device (workspace, id) ON DELETE CASCADE,
  CHECK (COALESCE(received_at, shown_at, opened_at, dismissed_at) IS NOT NULL)
);

CREATE INDEX push_receipt_device ON push_receipt (workspace, device, heard_at);
CREATE INDEX push_receipt_heard ON push_receipt (heard_at);
