-- A group's id is a name as well. SQLite has no statement for the CHECK of a column: the text of the
-- table is changed as its manual says (ALTER TABLE, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
  'kind TEXT NOT NULL CHECK (kind IN (''wa_id'', ''user_id''))',
  'kind TEXT NOT NULL CHECK (kind IN (''wa_id'', ''user_id'', ''group_id''))')
WHERE type = 'table' AND name = 'identity';
PRAGMA writable_schema = RESET;
