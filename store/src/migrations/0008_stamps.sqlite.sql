-- What a transaction touches of the sheets of store/stamp.rs, as SQLite triggers.

CREATE TRIGGER installation_touched_by_insert AFTER INSERT
ON installation BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'installation', json_array(NEW.name),
    NULL
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'installation'
    AND place = json_array(NEW.name));
END;

CREATE TRIGGER installation_touched_by_update AFTER UPDATE
ON installation BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'installation', json_array(OLD.name),
    json_array(OLD.name, OLD.value)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'installation'
    AND place = json_array(OLD.name));
END;

CREATE TRIGGER installation_touched_by_delete AFTER DELETE
ON installation BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'installation', json_array(OLD.name),
    json_array(OLD.name, OLD.value)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'installation'
    AND place = json_array(OLD.name));
END;

CREATE TRIGGER meta_app_touched_by_insert AFTER INSERT
ON meta_app BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'meta_app', json_array(NEW.id),
    NULL
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'meta_app'
    AND place = json_array(NEW.id));
END;

CREATE TRIGGER meta_app_touched_by_update AFTER UPDATE
ON meta_app BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'meta_app', json_array(OLD.id),
    json_array(OLD.id, OLD.secrets_sealed, OLD.verify_token_sealed, OLD.created_at)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'meta_app'
    AND place = json_array(OLD.id));
END;

CREATE TRIGGER meta_app_touched_by_delete AFTER DELETE
ON meta_app BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'meta_app', json_array(OLD.id),
    json_array(OLD.id, OLD.secrets_sealed, OLD.verify_token_sealed, OLD.created_at)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'meta_app'
    AND place = json_array(OLD.id));
END;

CREATE TRIGGER workspace_touched_by_insert AFTER INSERT
ON workspace BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'workspace', json_array(NEW.id),
    NULL
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'workspace'
    AND place = json_array(NEW.id));
END;

CREATE TRIGGER workspace_touched_by_update AFTER UPDATE
ON workspace BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'workspace', json_array(OLD.id),
    json_array(OLD.id, OLD.slug, OLD.name, OLD.created_at)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'workspace'
    AND place = json_array(OLD.id));
END;

CREATE TRIGGER workspace_touched_by_delete AFTER DELETE
ON workspace BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'workspace', json_array(OLD.id),
    json_array(OLD.id, OLD.slug, OLD.name, OLD.created_at)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'workspace'
    AND place = json_array(OLD.id));
END;

CREATE TRIGGER meta_app_grant_touched_by_insert AFTER INSERT
ON meta_app_grant BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'meta_app_grant', json_array(NEW.meta_app, NEW.workspace),
    NULL
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'meta_app_grant'
    AND place = json_array(NEW.meta_app, NEW.workspace));
END;

CREATE TRIGGER meta_app_grant_touched_by_update AFTER UPDATE
ON meta_app_grant BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'meta_app_grant', json_array(OLD.meta_app, OLD.workspace),
    json_array(OLD.meta_app, OLD.workspace)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'meta_app_grant'
    AND place = json_array(OLD.meta_app, OLD.workspace));
END;

CREATE TRIGGER meta_app_grant_touched_by_delete AFTER DELETE
ON meta_app_grant BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'meta_app_grant', json_array(OLD.meta_app, OLD.workspace),
    json_array(OLD.meta_app, OLD.workspace)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'meta_app_grant'
    AND place = json_array(OLD.meta_app, OLD.workspace));
END;

CREATE TRIGGER team_touched_by_insert AFTER INSERT
ON team BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'team', json_array(NEW.workspace, NEW.id),
    NULL
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'team'
    AND place = json_array(NEW.workspace, NEW.id));
END;

CREATE TRIGGER team_touched_by_update AFTER UPDATE
ON team BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'team', json_array(OLD.workspace, OLD.id),
    json_array(OLD.workspace, OLD.id, OLD.name, OLD.reply_policy, OLD.visibility,
      OLD.claim_from_colleagues)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'team'
    AND place = json_array(OLD.workspace, OLD.id));
END;

CREATE TRIGGER team_touched_by_delete AFTER DELETE
ON team BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'team', json_array(OLD.workspace, OLD.id),
    json_array(OLD.workspace, OLD.id, OLD.name, OLD.reply_policy, OLD.visibility,
      OLD.claim_from_colleagues)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'team'
    AND place = json_array(OLD.workspace, OLD.id));
END;

CREATE TRIGGER agent_touched_by_insert AFTER INSERT
ON agent BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'agent', json_array(NEW.workspace, NEW.id),
    NULL
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'agent'
    AND place = json_array(NEW.workspace, NEW.id));
END;

CREATE TRIGGER agent_touched_by_update AFTER UPDATE
OF  workspace, id, email, name, role, state, active_id, availability, capacity, password_hash,
  created_at
ON agent BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'agent', json_array(OLD.workspace, OLD.id),
    json_array(OLD.workspace, OLD.id, OLD.email, OLD.name, OLD.role, OLD.state, OLD.active_id,
      OLD.availability, OLD.capacity, OLD.password_hash, OLD.created_at)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'agent'
    AND place = json_array(OLD.workspace, OLD.id));
END;

CREATE TRIGGER agent_touched_by_delete AFTER DELETE
ON agent BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'agent', json_array(OLD.workspace, OLD.id),
    json_array(OLD.workspace, OLD.id, OLD.email, OLD.name, OLD.role, OLD.state, OLD.active_id,
      OLD.availability, OLD.capacity, OLD.password_hash, OLD.created_at)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'agent'
    AND place = json_array(OLD.workspace, OLD.id));
END;

CREATE TRIGGER team_member_touched_by_insert AFTER INSERT
ON team_member BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'team_member', json_array(NEW.workspace, NEW.team, NEW.agent),
    NULL
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'team_member'
    AND place = json_array(NEW.workspace, NEW.team, NEW.agent));
END;

CREATE TRIGGER team_member_touched_by_update AFTER UPDATE
ON team_member BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'team_member', json_array(OLD.workspace, OLD.team, OLD.agent),
    json_array(OLD.workspace, OLD.team, OLD.agent, OLD.kind)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'team_member'
    AND place = json_array(OLD.workspace, OLD.team, OLD.agent));
END;

CREATE TRIGGER team_member_touched_by_delete AFTER DELETE
ON team_member BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'team_member', json_array(OLD.workspace, OLD.team, OLD.agent),
    json_array(OLD.workspace, OLD.team, OLD.agent, OLD.kind)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'team_member'
    AND place = json_array(OLD.workspace, OLD.team, OLD.agent));
END;

CREATE TRIGGER device_touched_by_insert AFTER INSERT
ON device BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'device', json_array(NEW.workspace, NEW.id),
    NULL
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'device'
    AND place = json_array(NEW.workspace, NEW.id));
END;

CREATE TRIGGER device_touched_by_update AFTER UPDATE
ON device BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'device', json_array(OLD.workspace, OLD.id),
    json_array(OLD.workspace, OLD.id, OLD.agent, OLD.name, OLD.family, OLD.generation,
      OLD.refresh_digest, OLD.previous_digest, OLD.access_digest, OLD.access_expires_at,
      OLD.refresh_expires_at, OLD.created_at, OLD.last_seen_at, OLD.revoked_at)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'device'
    AND place = json_array(OLD.workspace, OLD.id));
END;

CREATE TRIGGER device_touched_by_delete AFTER DELETE
ON device BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'device', json_array(OLD.workspace, OLD.id),
    json_array(OLD.workspace, OLD.id, OLD.agent, OLD.name, OLD.family, OLD.generation,
      OLD.refresh_digest, OLD.previous_digest, OLD.access_digest, OLD.access_expires_at,
      OLD.refresh_expires_at, OLD.created_at, OLD.last_seen_at, OLD.revoked_at)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'device'
    AND place = json_array(OLD.workspace, OLD.id));
END;

CREATE TRIGGER channel_touched_by_insert AFTER INSERT
ON channel BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'channel', json_array(NEW.workspace, NEW.id),
    NULL
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'channel'
    AND place = json_array(NEW.workspace, NEW.id));
END;

CREATE TRIGGER channel_touched_by_update AFTER UPDATE
ON channel BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'channel', json_array(OLD.workspace, OLD.id),
    json_array(OLD.workspace, OLD.id, OLD.name, OLD.meta_app, OLD.phone_number_id,
      OLD.display_number, OLD.token_sealed, OLD.default_team, OLD.pace_per_s)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'channel'
    AND place = json_array(OLD.workspace, OLD.id));
END;

CREATE TRIGGER channel_touched_by_delete AFTER DELETE
ON channel BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'channel', json_array(OLD.workspace, OLD.id),
    json_array(OLD.workspace, OLD.id, OLD.name, OLD.meta_app, OLD.phone_number_id,
      OLD.display_number, OLD.token_sealed, OLD.default_team, OLD.pace_per_s)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'channel'
    AND place = json_array(OLD.workspace, OLD.id));
END;

CREATE TRIGGER push_device_touched_by_insert AFTER INSERT
ON push_device BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'push_device', json_array(NEW.workspace, NEW.device),
    NULL
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'push_device'
    AND place = json_array(NEW.workspace, NEW.device));
END;

CREATE TRIGGER push_device_touched_by_update AFTER UPDATE
ON push_device BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'push_device', json_array(OLD.workspace, OLD.device),
    json_array(OLD.workspace, OLD.device, OLD.lane, OLD.target_kind, OLD.target_sealed,
      OLD.target_digest, OLD.key_id, OLD.p256dh, OLD.auth_sealed, OLD.app_id, OLD.env, OLD.locale,
      OLD.caps, OLD.receipt_salt, OLD.registered_at, OLD.confirmed_at, OLD.last_receipt_at)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'push_device'
    AND place = json_array(OLD.workspace, OLD.device));
END;

CREATE TRIGGER push_device_touched_by_delete AFTER DELETE
ON push_device BEGIN
  INSERT INTO touched (tx, sheet, place, before)
  SELECT 0, 'push_device', json_array(OLD.workspace, OLD.device),
    json_array(OLD.workspace, OLD.device, OLD.lane, OLD.target_kind, OLD.target_sealed,
      OLD.target_digest, OLD.key_id, OLD.p256dh, OLD.auth_sealed, OLD.app_id, OLD.env, OLD.locale,
      OLD.caps, OLD.receipt_salt, OLD.registered_at, OLD.confirmed_at, OLD.last_receipt_at)
  WHERE NOT EXISTS (SELECT 1 FROM touched WHERE tx = 0 AND sheet = 'push_device'
    AND place = json_array(OLD.workspace, OLD.device));
END;
