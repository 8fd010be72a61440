-- What a transaction touches of invitations: see store/stamp.rs.

CREATE TRIGGER invitation_touched_by_insert AFTER INSERT
ON invitation BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'invitation', json_array(NEW.workspace, NEW.id),
    NULL
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'invitation'
    AND place = json_array(NEW.workspace, NEW.id));
END;

CREATE TRIGGER invitation_touched_by_update AFTER UPDATE
ON invitation BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'invitation', json_array(OLD.workspace, OLD.id),
    json_array(OLD.workspace, OLD.id, OLD.email, OLD.name, OLD.role, OLD.capacity, OLD.teams,
      OLD.digest, OLD.state, OLD.open_email, OLD.invited_by, OLD.created_at, OLD.renewed_at,
      OLD.expires_at, OLD.ended_at, OLD.agent)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'invitation'
    AND place = json_array(OLD.workspace, OLD.id));
END;

CREATE TRIGGER invitation_touched_by_delete AFTER DELETE
ON invitation BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'invitation', json_array(OLD.workspace, OLD.id),
    json_array(OLD.workspace, OLD.id, OLD.email, OLD.name, OLD.role, OLD.capacity, OLD.teams,
      OLD.digest, OLD.state, OLD.open_email, OLD.invited_by, OLD.created_at, OLD.renewed_at,
      OLD.expires_at, OLD.ended_at, OLD.agent)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'invitation'
    AND place = json_array(OLD.workspace, OLD.id));
END;
