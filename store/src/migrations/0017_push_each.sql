-- Whether each device of an agent is told, also while they look at another one; 0 or 1.
ALTER TABLE push_preference ADD COLUMN each_device BIGINT NOT NULL DEFAULT 0
  CHECK (each_device IN (0, 1));
