-- What was read can be unread again: the log's order says which mark counts.
DROP TRIGGER read_mark_climbs;
