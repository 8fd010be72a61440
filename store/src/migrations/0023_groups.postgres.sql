-- A group's id is a name as well.
ALTER TABLE identity DROP CONSTRAINT identity_kind_check;
ALTER TABLE identity ADD CONSTRAINT identity_kind_check
  CHECK (kind IN ('wa_id', 'user_id', 'group_id')) NOT VALID;
