-- How far each log is searchable, and by which version of the fold. A newer version fills anew from
-- the beginning up to where the one before it was (`past_upto`), and folds the names of contacts
-- again (`contact` is the last one that was; NULL when all are). New events come first.
--
-- `search_head` stays for nodes that were not upgraded yet.
CREATE TABLE search_fill (
  workspace TEXT PRIMARY KEY,
  fold BIGINT NOT NULL,
  position BIGINT NOT NULL,
  past BIGINT NOT NULL,
  past_upto BIGINT NOT NULL,
  contact TEXT
);
