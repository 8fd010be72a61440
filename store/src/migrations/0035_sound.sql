-- Voice notes: how long each lasts and how loud it is, as JSON. Where nobody listened there is none.

ALTER TABLE message ADD COLUMN file_sound TEXT
  CHECK (file_sound IS NULL OR file = 'stored');
ALTER TABLE upload ADD COLUMN sound TEXT;
