-- What a CHECK cannot see, as PostgreSQL triggers. The words are the same as SQLite's.

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_NAME USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END
$$;

CREATE TRIGGER message_rank_climbs BEFORE UPDATE ON message FOR EACH ROW
WHEN (NEW.provider_rank < OLD.provider_rank)
EXECUTE FUNCTION refuse();

CREATE TRIGGER message_stays BEFORE UPDATE ON message FOR EACH ROW
WHEN (NEW.id <> OLD.id OR NEW.seq <> OLD.seq OR NEW.conversation <> OLD.conversation)
EXECUTE FUNCTION refuse();

CREATE TRIGGER conversation_climbs BEFORE UPDATE ON conversation FOR EACH ROW
WHEN (NEW.owner_epoch < OLD.owner_epoch OR NEW.revision < OLD.revision
  OR NEW.last_seq < OLD.last_seq OR NEW.customer_seq < OLD.customer_seq
  OR NEW.episode < OLD.episode)
EXECUTE FUNCTION refuse();

CREATE TRIGGER owner_epoch_counts BEFORE UPDATE ON conversation FOR EACH ROW
WHEN (NEW.owner_epoch = OLD.owner_epoch AND (NEW.owner_agent IS DISTINCT FROM OLD.owner_agent
  OR (NEW.owner_agent IS NULL AND NEW.team <> OLD.team)))
EXECUTE FUNCTION refuse();

CREATE TRIGGER read_mark_climbs BEFORE UPDATE ON read_mark FOR EACH ROW
WHEN (NEW.seq < OLD.seq)
EXECUTE FUNCTION refuse();

CREATE TRIGGER log_head_climbs BEFORE UPDATE ON log_head FOR EACH ROW
WHEN (NEW.position < OLD.position OR NEW.feed_floor < OLD.feed_floor)
EXECUTE FUNCTION refuse();

CREATE TRIGGER log_is_written_once BEFORE UPDATE ON log FOR EACH ROW
EXECUTE FUNCTION refuse();

CREATE TRIGGER log_is_kept BEFORE DELETE ON log FOR EACH ROW
EXECUTE FUNCTION refuse();

CREATE TRIGGER log_is_not_emptied BEFORE TRUNCATE ON log FOR EACH STATEMENT
EXECUTE FUNCTION refuse();
