-- Beginnings of words, each with the positions of the log whose texts have such a word. Texts
-- themselves stay where they are: what is found is read there, and is not found once it is erased.
CREATE TABLE search_word (
  workspace TEXT NOT NULL,
  word TEXT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (workspace, word, position)
){sqlite  WITHOUT ROWID};

-- How far each log is searchable.
CREATE TABLE search_head (
  workspace TEXT PRIMARY KEY,
  position BIGINT NOT NULL
);
