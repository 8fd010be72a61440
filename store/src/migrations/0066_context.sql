-- What sources of the team's own last said of a customer. It is asked again at any time.
CREATE TABLE context_cache (
  workspace TEXT NOT NULL,
  contact TEXT NOT NULL,
  -- The setting, and its version that was asked.
  source TEXT NOT NULL,
  version BIGINT NOT NULL,
  body TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace, contact, source),
  -- It goes with the customer.
  FOREIGN KEY (workspace, contact) REFERENCES contact (workspace, id) ON DELETE CASCADE
){sqlite  WITHOUT ROWID};

CREATE INDEX context_cache_at ON context_cache (at);
