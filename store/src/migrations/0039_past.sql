-- Messages from before the number came to Baton, as its phone app shared them. They have no number
-- in their conversation and are in no log; what each says is in `content`, under its id.
CREATE TABLE past (
  workspace TEXT NOT NULL,
  channel TEXT NOT NULL,
  wamid TEXT NOT NULL,
  id TEXT NOT NULL,
  -- Not known until a thread names it.
  conversation TEXT,
  author_kind TEXT NOT NULL CHECK (author_kind IN ('customer', 'phone_app')),
  -- Not known of a file that is told of later, or never.
  kind TEXT,
  at BIGINT NOT NULL,
  status TEXT CHECK (status IN ('accepted', 'sent', 'delivered', 'read', 'played', 'failed')),
  -- Meta's id of the message that it quotes.
  quoted TEXT,
  -- Meta's id of its file.
  media TEXT,
  PRIMARY KEY (workspace, channel, wamid),
  FOREIGN KEY (workspace, conversation) REFERENCES conversation (workspace, id)
);
CREATE INDEX past_thread ON past (workspace, conversation, at, wamid);
CREATE UNIQUE INDEX past_id ON past (workspace, id);

-- Names in the phone book of a number's phone app. An entry that was removed has none.
CREATE TABLE phone_book (
  workspace TEXT NOT NULL,
  channel TEXT NOT NULL,
  wa_id TEXT NOT NULL,
  name TEXT,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace, channel, wa_id)
);

-- A message of the past has no row of `message` that could hold what its file looks like.
ALTER TABLE file ADD COLUMN width BIGINT;
ALTER TABLE file ADD COLUMN height BIGINT;
ALTER TABLE file ADD COLUMN sound TEXT;

CREATE INDEX not_understood_shared ON not_understood (id)
  WHERE replayed_at IS NULL AND kind IN ('history', 'smb_app_state_sync');
