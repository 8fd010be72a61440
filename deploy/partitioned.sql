-- Divides the tables of a new database into 16 hash partitions by workspace, so that each workspace
-- has its rows in one of them. docs/scale.md says what that is for, and what it costs.
--
--   baton migrate && psql "$DATABASE" --single-transaction --file deploy/partitioned.sql
--
-- It asks for PostgreSQL 14 or newer, and for a database without a workspace.

DO $$
DECLARE
  parts CONSTANT int := 16;
  -- Of all workspaces: what is asked for before the workspace is known, and what is of the nodes.
  undivided CONSTANT text[] := ARRAY[
    -- The installation, its nodes, and what comes in.
    'installation', 'intake', 'leader', 'meta_app', 'meta_app_grant', 'node', 'not_understood',
    'quarantine', 'schema_version', 'stamp', 'touched', 'workspace',
    -- Found by a number or a secret that names no workspace.
    'channel', 'device', 'invitation', 'logo', 'push_device', 'setting_secret', 'socket_ticket'
  ];
  one record;
  part record;
  holds_rows boolean;
  options text;
BEGIN
  FOR n IN 0 .. parts - 1 LOOP
    EXECUTE format('CREATE SCHEMA %I', 'part_' || n);
  END LOOP;
  CREATE TEMP TABLE divided ON COMMIT DROP AS
    SELECT t.oid, t.relname AS name, t.reloptions
    FROM pg_class AS t
    WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r'
      AND t.relname <> ALL (undivided);
  FOR one IN SELECT * FROM divided LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', one.name) INTO holds_rows;
    IF holds_rows THEN
      RAISE EXCEPTION 'table % has rows: only a new database can be divided', one.name;
    END IF;
  END LOOP;

  -- What refers to tables, and what watches them, is made again at the end.
  CREATE TEMP TABLE kept ON COMMIT DROP AS
    SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname,
             pg_get_constraintdef(c.oid)) AS made,
           format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname) AS gone
    FROM pg_constraint AS c
    WHERE c.connamespace = 'public'::regnamespace AND c.contype = 'f'
    UNION ALL
    SELECT pg_get_triggerdef(g.oid), format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::regclass)
    FROM pg_trigger AS g JOIN divided AS d ON d.oid = g.tgrelid
    WHERE NOT g.tgisinternal;
  CREATE TEMP TABLE keys ON COMMIT DROP AS
    SELECT d.name, format('ALTER TABLE %I ADD CONSTRAINT %I %s', d.name, c.conname,
             pg_get_constraintdef(c.oid)) AS made
    FROM pg_constraint AS c JOIN divided AS d ON d.oid = c.conrelid
    WHERE c.contype IN ('p', 'u', 'c')
    UNION ALL
    SELECT d.name, pg_get_indexdef(i.indexrelid)
    FROM pg_index AS i JOIN divided AS d ON d.oid = i.indrelid
    WHERE NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conindid = i.indexrelid);
  FOR one IN SELECT * FROM kept LOOP
    EXECUTE one.gone;
  END LOOP;

  FOR one IN SELECT * FROM divided LOOP
    EXECUTE format('ALTER TABLE %I RENAME TO whole', one.name);
    EXECUTE format(
      'CREATE TABLE %I (LIKE whole INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE)
       PARTITION BY HASH (workspace)', one.name);
    DROP TABLE whole;
    FOR part IN SELECT * FROM keys WHERE keys.name = one.name LOOP
      EXECUTE part.made;
    END LOOP;
    options := CASE WHEN one.reloptions IS NULL THEN ''
      ELSE format('WITH (%s)', array_to_string(one.reloptions, ', ')) END;
    -- Each partition has the name of its table, in a schema of its own. So have its constraints,
    -- by which the server knows what was refused.
    FOR n IN 0 .. parts - 1 LOOP
      EXECUTE format(
        'CREATE TABLE %I.%I PARTITION OF %I FOR VALUES WITH (MODULUS %s, REMAINDER %s) %s',
        'part_' || n, one.name, one.name, parts, n, options);
    END LOOP;
  END LOOP;
  FOR one IN
    SELECT p.oid::regclass AS of, i.relname AS is_now, p.relname AS name, n.nspname AS place
    FROM pg_inherits AS h
    JOIN pg_class AS i ON i.oid = h.inhrelid JOIN pg_namespace AS n ON n.oid = i.relnamespace
    JOIN pg_class AS p ON p.oid = h.inhparent
    WHERE p.relkind = 'I' AND i.relname <> p.relname
  LOOP
    EXECUTE format('ALTER INDEX %I.%I RENAME TO %I', one.place, one.is_now, one.name);
  END LOOP;
  FOR one IN SELECT * FROM kept LOOP
    EXECUTE one.made;
  END LOOP;
END $$;
