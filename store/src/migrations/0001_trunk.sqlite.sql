-- What a CHECK cannot see, as SQLite triggers. The words are the same as PostgreSQL's.

CREATE TRIGGER message_rank_climbs BEFORE UPDATE ON message
WHEN NEW.provider_rank < OLD.provider_rank
BEGIN SELECT RAISE(ABORT, 'message_rank_climbs'); END;

CREATE TRIGGER message_stays BEFORE UPDATE ON message
WHEN NEW.id <> OLD.id OR NEW.seq <> OLD.seq OR NEW.conversation <> OLD.conversation
BEGIN SELECT RAISE(ABORT, 'message_stays'); END;

CREATE TRIGGER conversation_climbs BEFORE UPDATE ON conversation
WHEN NEW.owner_epoch < OLD.owner_epoch OR NEW.revision < OLD.revision
  OR NEW.last_seq < OLD.last_seq OR NEW.customer_seq < OLD.customer_seq
  OR NEW.episode < OLD.episode
BEGIN SELECT RAISE(ABORT, 'conversation_climbs'); END;

CREATE TRIGGER owner_epoch_counts BEFORE UPDATE ON conversation
WHEN NEW.owner_epoch = OLD.owner_epoch AND (NEW.owner_agent IS NOT OLD.owner_agent
  OR (NEW.owner_agent IS NULL AND NEW.team <> OLD.team))
BEGIN SELECT RAISE(ABORT, 'owner_epoch_counts'); END;

CREATE TRIGGER read_mark_climbs BEFORE UPDATE ON read_mark
WHEN NEW.seq < OLD.seq
BEGIN SELECT RAISE(ABORT, 'read_mark_climbs'); END;

CREATE TRIGGER log_head_climbs BEFORE UPDATE ON log_head
WHEN NEW.position < OLD.position OR NEW.feed_floor < OLD.feed_floor
BEGIN SELECT RAISE(ABORT, 'log_head_climbs'); END;

CREATE TRIGGER log_is_written_once BEFORE UPDATE ON log
BEGIN SELECT RAISE(ABORT, 'log_is_written_once'); END;

CREATE TRIGGER log_is_kept BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'log_is_kept'); END;
