-- What a transaction touches of the sheets of store/stamp.rs, as PostgreSQL triggers.

CREATE FUNCTION installation_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'installation',
      CAST(jsonb_build_array(NEW.name) AS TEXT), NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'installation',
      CAST(jsonb_build_array(OLD.name) AS TEXT),
      CAST(jsonb_build_array(OLD.name, OLD.value) AS TEXT))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER installation_touched_by_insert AFTER INSERT OR DELETE ON installation
FOR EACH ROW EXECUTE FUNCTION installation_touched();
CREATE TRIGGER installation_touched_by_update AFTER UPDATE ON installation
FOR EACH ROW EXECUTE FUNCTION installation_touched();

CREATE FUNCTION meta_app_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'meta_app',
      CAST(jsonb_build_array(NEW.id) AS TEXT), NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'meta_app',
      CAST(jsonb_build_array(OLD.id) AS TEXT),
      CAST(jsonb_build_array(OLD.id, OLD.secrets_sealed, OLD.verify_token_sealed,
        OLD.created_at) AS TEXT))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER meta_app_touched_by_insert AFTER INSERT OR DELETE ON meta_app
FOR EACH ROW EXECUTE FUNCTION meta_app_touched();
CREATE TRIGGER meta_app_touched_by_update AFTER UPDATE ON meta_app
FOR EACH ROW EXECUTE FUNCTION meta_app_touched();

CREATE FUNCTION workspace_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'workspace',
      CAST(jsonb_build_array(NEW.id) AS TEXT), NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'workspace',
      CAST(jsonb_build_array(OLD.id) AS TEXT),
      CAST(jsonb_build_array(OLD.id, OLD.slug, OLD.name, OLD.created_at) AS TEXT))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER workspace_touched_by_insert AFTER INSERT OR DELETE ON workspace
FOR EACH ROW EXECUTE FUNCTION workspace_touched();
CREATE TRIGGER workspace_touched_by_update AFTER UPDATE ON workspace
FOR EACH ROW EXECUTE FUNCTION workspace_touched();

CREATE FUNCTION meta_app_grant_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'meta_app_grant',
      CAST(jsonb_build_array(NEW.meta_app, NEW.workspace) AS TEXT), NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'meta_app_grant',
      CAST(jsonb_build_array(OLD.meta_app, OLD.workspace) AS TEXT),
      CAST(jsonb_build_array(OLD.meta_app, OLD.workspace) AS TEXT))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER meta_app_grant_touched_by_insert AFTER INSERT OR DELETE ON meta_app_grant
FOR EACH ROW EXECUTE FUNCTION meta_app_grant_touched();
CREATE TRIGGER meta_app_grant_touched_by_update AFTER UPDATE ON meta_app_grant
FOR EACH ROW EXECUTE FUNCTION meta_app_grant_touched();

CREATE FUNCTION team_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'team',
      CAST(jsonb_build_array(NEW.workspace, NEW.id) AS TEXT), NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'team',
      CAST(jsonb_build_array(OLD.workspace, OLD.id) AS TEXT),
      CAST(jsonb_build_array(OLD.workspace, OLD.id, OLD.name, OLD.reply_policy, OLD.visibility,
        OLD.claim_from_colleagues) AS TEXT))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER team_touched_by_insert AFTER INSERT OR DELETE ON team
FOR EACH ROW EXECUTE FUNCTION team_touched();
CREATE TRIGGER team_touched_by_update AFTER UPDATE ON team
FOR EACH ROW EXECUTE FUNCTION team_touched();

CREATE FUNCTION agent_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'agent',
      CAST(jsonb_build_array(NEW.workspace, NEW.id) AS TEXT), NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'agent',
      CAST(jsonb_build_array(OLD.workspace, OLD.id) AS TEXT),
      CAST(jsonb_build_array(OLD.workspace, OLD.id, OLD.email, OLD.name, OLD.role, OLD.state,
        OLD.active_id, OLD.availability, OLD.capacity, OLD.password_hash, OLD.created_at) AS TEXT))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER agent_touched_by_insert AFTER INSERT OR DELETE ON agent
FOR EACH ROW EXECUTE FUNCTION agent_touched();
CREATE TRIGGER agent_touched_by_update AFTER UPDATE
OF  workspace, id, email, name, role, state, active_id, availability, capacity, password_hash,
  created_at
ON agent FOR EACH ROW EXECUTE FUNCTION agent_touched();

CREATE FUNCTION team_member_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'team_member',
      CAST(jsonb_build_array(NEW.workspace, NEW.team, NEW.agent) AS TEXT), NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'team_member',
      CAST(jsonb_build_array(OLD.workspace, OLD.team, OLD.agent) AS TEXT),
      CAST(jsonb_build_array(OLD.workspace, OLD.team, OLD.agent, OLD.kind) AS TEXT))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER team_member_touched_by_insert AFTER INSERT OR DELETE ON team_member
FOR EACH ROW EXECUTE FUNCTION team_member_touched();
CREATE TRIGGER team_member_touched_by_update AFTER UPDATE ON team_member
FOR EACH ROW EXECUTE FUNCTION team_member_touched();

CREATE FUNCTION device_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'device',
      CAST(jsonb_build_array(NEW.workspace, NEW.id) AS TEXT), NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'device',
      CAST(jsonb_build_array(OLD.workspace, OLD.id) AS TEXT),
      CAST(jsonb_build_array(OLD.workspace, OLD.id, OLD.agent, OLD.name, OLD.family, OLD.generation,
        OLD.refresh_digest, OLD.previous_digest, OLD.access_digest, OLD.access_expires_at,
        OLD.refresh_expires_at, OLD.created_at, OLD.last_seen_at, OLD.revoked_at) AS TEXT))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER device_touched_by_insert AFTER INSERT OR DELETE ON device
FOR EACH ROW EXECUTE FUNCTION device_touched();
CREATE TRIGGER device_touched_by_update AFTER UPDATE ON device
FOR EACH ROW EXECUTE FUNCTION device_touched();

CREATE FUNCTION channel_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'channel',
      CAST(jsonb_build_array(NEW.workspace, NEW.id) AS TEXT), NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'channel',
      CAST(jsonb_build_array(OLD.workspace, OLD.id) AS TEXT),
      CAST(jsonb_build_array(OLD.workspace, OLD.id, OLD.name, OLD.meta_app, OLD.phone_number_id,
        OLD.display_number, OLD.token_sealed, OLD.default_team, OLD.pace_per_s) AS TEXT))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER channel_touched_by_insert AFTER INSERT OR DELETE ON channel
FOR EACH ROW EXECUTE FUNCTION channel_touched();
CREATE TRIGGER channel_touched_by_update AFTER UPDATE ON channel
FOR EACH ROW EXECUTE FUNCTION channel_touched();

CREATE FUNCTION push_device_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'push_device',
      CAST(jsonb_build_array(NEW.workspace, NEW.device) AS TEXT), NULL)
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO touched (tx, sheet, place, before)
    VALUES (txid_current(), 'push_device',
      CAST(jsonb_build_array(OLD.workspace, OLD.device) AS TEXT),
      CAST(jsonb_build_array(OLD.workspace, OLD.device, OLD.lane, OLD.target_kind,
        OLD.target_sealed, OLD.target_digest, OLD.key_id, OLD.p256dh, OLD.auth_sealed, OLD.app_id,
        OLD.env, OLD.locale, OLD.caps, OLD.receipt_salt, OLD.registered_at, OLD.confirmed_at,
        OLD.last_receipt_at) AS TEXT))
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER push_device_touched_by_insert AFTER INSERT OR DELETE ON push_device
FOR EACH ROW EXECUTE FUNCTION push_device_touched();
CREATE TRIGGER push_device_touched_by_update AFTER UPDATE ON push_device
FOR EACH ROW EXECUTE FUNCTION push_device_touched();
