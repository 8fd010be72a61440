-- Whatever ends a device's session ends its pushes in the same transaction.

CREATE FUNCTION end_push() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM push_device WHERE workspace = NEW.workspace AND device = NEW.id;
  RETURN NULL;
END
$$;

CREATE TRIGGER device_end_ends_push AFTER UPDATE ON device FOR EACH ROW
WHEN (NEW.revoked_at IS NOT NULL OR NEW.refresh_expires_at = 0)
EXECUTE FUNCTION end_push();
