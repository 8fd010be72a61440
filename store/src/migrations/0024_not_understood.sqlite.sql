-- A call is a kind of its own. As in 0011.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
  'kind IN (''text'', ''image'', ''video'', ''audio'', ''voice'', ''document'', ''sticker'', ''location'',
    ''contact_cards'', ''choice'', ''order'', ''interactive'', ''template'', ''reaction'', ''edit'', ''revocation'',
    ''welcome_request'',
    ''unsupported'', ''unreadable'')',
  'kind IN (''text'', ''image'', ''video'', ''audio'', ''voice'', ''document'', ''sticker'', ''location'',
    ''contact_cards'', ''choice'', ''order'', ''interactive'', ''template'', ''reaction'', ''edit'', ''revocation'',
    ''welcome_request'', ''call'',
    ''unsupported'', ''unreadable'')')
WHERE type = 'table' AND name = 'message';
PRAGMA writable_schema = RESET;
