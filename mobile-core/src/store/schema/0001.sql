-- Version 1. Columns named "sealed" hold contents; ids, times and numbers stay plain, so that
-- lists are ordered and paged by the database.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- Who is signed in on this device. All else belongs to one of them.
CREATE TABLE account (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace BLOB NOT NULL,
    agent BLOB NOT NULL,
    device BLOB NOT NULL,
    UNIQUE (workspace, agent, device)
);

-- How far the log is applied.
CREATE TABLE progress (
    account INTEGER NOT NULL PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    epoch BLOB,
    position INTEGER,
    sealed BLOB NOT NULL
);

CREATE TABLE conversation (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    id BLOB NOT NULL,
    channel BLOB NOT NULL,
    team BLOB NOT NULL,
    owner_queue BLOB,
    owner_agent BLOB,
    owner_epoch INTEGER NOT NULL,
    status TEXT NOT NULL,
    snoozed_until INTEGER,
    episode INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    unanswered_since INTEGER,
    activity_at INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    -- These three of who is seen in full alone.
    read_seq INTEGER,
    from_seq INTEGER,
    sealed BLOB,
    opened_at INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, id),
    CHECK ((owner_queue IS NULL) <> (owner_agent IS NULL)),
    CHECK ((snoozed_until IS NOT NULL) = (status = 'snoozed')),
    CHECK ((read_seq IS NULL) = (sealed IS NULL) AND (from_seq IS NULL) = (sealed IS NULL))
);

CREATE TABLE line (
    conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    op_id BLOB,
    device BLOB,
    sealed BLOB NOT NULL,
    PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;

CREATE TABLE note (
    conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    author BLOB NOT NULL,
    op_id BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (conversation, revision)
) WITHOUT ROWID;

-- The places of conversations in lists: the smallest rank comes first.
CREATE TABLE listed (
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    view BLOB NOT NULL,
    rank INTEGER NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (account, view, rank, id)
) WITHOUT ROWID;

CREATE TABLE total (
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    view BLOB NOT NULL,
    conversations INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    PRIMARY KEY (account, view)
) WITHOUT ROWID;

CREATE TABLE outbox (
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    op_id BLOB NOT NULL,
    conversation BLOB,
    place INTEGER NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    byte_sent INTEGER NOT NULL CHECK (byte_sent IN (0, 1)),
    sealed BLOB NOT NULL,
    PRIMARY KEY (account, op_id)
) WITHOUT ROWID;

CREATE INDEX outbox_lane ON outbox (account, conversation, place);

CREATE TABLE draft (
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    conversation BLOB NOT NULL,
    at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (account, conversation)
) WITHOUT ROWID;

-- Ids of the pushes seen last.
CREATE TABLE push (
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    place INTEGER NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (account, place),
    UNIQUE (account, id)
) WITHOUT ROWID;

-- Lists that come whole (agents, teams, channels) and settings.
CREATE TABLE kept (
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (account, kind, name)
) WITHOUT ROWID;
