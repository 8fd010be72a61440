-- Lines that edit or take back another one, by Meta's id of that one: they may come before it.
-- `settled`: of a revocation, that what it takes back is erased.
CREATE TABLE line_change (
  wamid TEXT NOT NULL,
  workspace TEXT NOT NULL,
  channel TEXT NOT NULL,
  -- The line that edits or takes back.
  message TEXT NOT NULL,
  conversation TEXT NOT NULL,
  seq BIGINT NOT NULL,
  author_kind TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('edit', 'revocation')),
  at BIGINT NOT NULL,
  settled BIGINT NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),
  PRIMARY KEY (wamid, workspace, channel, message)
);

CREATE INDEX line_change_waits ON line_change (workspace, message)
  WHERE kind = 'revocation' AND settled = 0;

-- Those that are there. What was taken back is erased after the start.
INSERT INTO line_change (wamid, workspace, channel, message, conversation, seq, author_kind, kind,
  at)
SELECT t.wamid, e.workspace, e.channel, e.id, e.conversation, e.seq, e.author_kind,
  COALESCE(e.understood_kind, e.kind), e.at
FROM message AS e
JOIN message AS t ON t.workspace = e.workspace AND t.id = e.quoted
WHERE COALESCE(e.understood_kind, e.kind) IN ('edit', 'revocation') AND t.wamid IS NOT NULL;
