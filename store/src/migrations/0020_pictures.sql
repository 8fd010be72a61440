-- Small pictures: the size of the picture that one was made of. Where there is none, none was made.

ALTER TABLE message ADD COLUMN file_width BIGINT
  CHECK (file_width IS NULL OR (file_width > 0 AND file = 'stored'));
ALTER TABLE message ADD COLUMN file_height BIGINT
  CHECK (file_height IS NULL OR (file_height > 0 AND file = 'stored'));
ALTER TABLE upload ADD COLUMN width BIGINT CHECK (width IS NULL OR width > 0);
ALTER TABLE upload ADD COLUMN height BIGINT CHECK (height IS NULL OR height > 0);
