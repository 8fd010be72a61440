-- The team sends more than texts. SQLite has no statement for the CHECK of a column: the text of the
-- table is changed as its manual says (ALTER TABLE, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
  'kind IN (''text'', ''image'', ''video'', ''audio'', ''voice'', ''document'', ''sticker'', ''location'',
    ''contact_cards'', ''choice'', ''order'', ''edit'', ''revocation'', ''welcome_request'', ''unsupported'',
    ''unreadable'')',
  'kind IN (''text'', ''image'', ''video'', ''audio'', ''voice'', ''document'', ''sticker'', ''location'',
    ''contact_cards'', ''choice'', ''order'', ''interactive'', ''template'', ''reaction'', ''edit'', ''revocation'',
    ''welcome_request'',
    ''unsupported'', ''unreadable'')')
WHERE type = 'table' AND name = 'message';
PRAGMA writable_schema = RESET;
