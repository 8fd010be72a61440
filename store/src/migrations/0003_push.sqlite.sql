-- Whatever ends a device's session ends its pushes in the same transaction.

CREATE TRIGGER device_end_ends_push AFTER UPDATE ON device
WHEN NEW.revoked_at IS NOT NULL OR NEW.refresh_expires_at = 0
BEGIN DELETE FROM push_device WHERE workspace = NEW.workspace AND device = NEW.id; END;
