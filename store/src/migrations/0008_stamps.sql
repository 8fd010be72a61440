-- Stamps: see store/stamp.rs. Rows carry theirs where many are written; for people, settings and
-- secrets they stand beside, and triggers note what a transaction touches.

ALTER TABLE attempt ADD COLUMN stamp BIGINT;
ALTER TABLE attempt ADD COLUMN stamp_state BIGINT;
ALTER TABLE contact ADD COLUMN stamp_state BIGINT;
ALTER TABLE content ADD COLUMN stamp BIGINT;
ALTER TABLE conversation ADD COLUMN stamp BIGINT;
ALTER TABLE conversation ADD COLUMN stamp_state BIGINT;
ALTER TABLE episode ADD COLUMN stamp BIGINT;
ALTER TABLE episode ADD COLUMN stamp_state BIGINT;
ALTER TABLE follower ADD COLUMN stamp BIGINT;
ALTER TABLE identity ADD COLUMN stamp_state BIGINT;
ALTER TABLE log ADD COLUMN stamp BIGINT;
ALTER TABLE message ADD COLUMN stamp BIGINT;
ALTER TABLE message ADD COLUMN stamp_state BIGINT;
ALTER TABLE note ADD COLUMN stamp BIGINT;
ALTER TABLE outcome ADD COLUMN stamp BIGINT;
ALTER TABLE read_mark ADD COLUMN stamp_state BIGINT;
ALTER TABLE seal ADD COLUMN stamp BIGINT;

-- `place` is the row's key as a JSON array.
CREATE TABLE stamp (
  sheet TEXT NOT NULL,
  place TEXT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (sheet, place)
);

-- What this transaction changed, and the row as it was before: empty between transactions.
CREATE TABLE touched (
  tx BIGINT NOT NULL,
  sheet TEXT NOT NULL,
  place TEXT NOT NULL,
  before TEXT,
  PRIMARY KEY (tx, sheet, place)
);
