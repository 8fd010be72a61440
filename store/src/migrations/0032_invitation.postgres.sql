-- What a transaction touches of invitations: see store/stamp.rs.

CREATE FUNCTION invitation_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'invitation',
      CAST(jsonb_build_array(NEW.workspace, NEW.id) AS TEXT), NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'invitation',
      CAST(jsonb_build_array(OLD.workspace, OLD.id) AS TEXT),
      CAST(jsonb_build_array(OLD.workspace, OLD.id, OLD.email, OLD.name, OLD.role, OLD.capacity,
        OLD.teams, OLD.digest, OLD.state, OLD.open_email, OLD.invited_by, OLD.created_at,
        OLD.renewed_at, OLD.expires_at, OLD.ended_at, OLD.agent) AS TEXT))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER invitation_touched_by_insert AFTER INSERT OR DELETE ON invitation
FOR EACH ROW EXECUTE FUNCTION invitation_touched();
CREATE TRIGGER invitation_touched_by_update AFTER UPDATE ON invitation
FOR EACH ROW EXECUTE FUNCTION invitation_touched();
