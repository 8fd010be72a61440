-- How urgent a conversation is in its queue; NULL where it is normal.
ALTER TABLE conversation ADD COLUMN priority TEXT;

-- What waits in a team's queue, in the order of urgency: one of high priority as if it had waited
-- half an hour longer, an urgent one before all others.
DROP INDEX conversation_queue;
CREATE INDEX conversation_queue ON conversation (workspace, team,
    (unanswered_since - CASE priority WHEN 'urgent' THEN 4000000000000
      WHEN 'high' THEN 1800000 ELSE 0 END), id)
  WHERE owner_agent IS NULL AND status = 'open' AND turn_seq IS NOT NULL AND offer_id IS NULL;
