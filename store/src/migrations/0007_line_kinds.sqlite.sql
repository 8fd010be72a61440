-- Every type of a customer's message has a kind of its own. SQLite has no statement for the CHECK of a
-- column: the text of the table is changed as its manual says (ALTER TABLE, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
  'kind TEXT NOT NULL CHECK (kind IN (''text'', ''unsupported'', ''unreadable''))',
  'kind TEXT NOT NULL CHECK (kind IN (''text'', ''image'', ''video'', ''audio'', ''voice'', ''document'', ''sticker'', ''location'',
    ''contact_cards'', ''choice'', ''order'', ''edit'', ''revocation'', ''welcome_request'', ''unsupported'',
    ''unreadable''))')
WHERE type = 'table' AND name = 'message';
PRAGMA writable_schema = RESET;
