-- Version 2. Settings that phones keep: what the team set up, as far as its agent reads it.

CREATE TABLE setting (
    account INTEGER NOT NULL REFERENCES account ON DELETE CASCADE,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    -- Where the log stood when this was told.
    position INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    -- NULL of one that ended while a page that brings it again may be on its way.
    sealed BLOB,
    PRIMARY KEY (account, kind, id)
) WITHOUT ROWID;
