-- The offer of a conversation that stands: to whom it is offered, and until when. One at most, so
-- it is part of the row.
ALTER TABLE conversation ADD COLUMN offer_id TEXT;
ALTER TABLE conversation ADD COLUMN offer_agent TEXT;
ALTER TABLE conversation ADD COLUMN offer_until BIGINT;

-- What waits in a team's queue, in the order of urgency.
CREATE INDEX conversation_queue ON conversation (workspace, team, unanswered_since, id)
  WHERE owner_agent IS NULL AND status = 'open' AND turn_seq IS NOT NULL AND offer_id IS NULL;
-- Offers that stand: few.
CREATE INDEX conversation_offer ON conversation (workspace, offer_agent)
  WHERE offer_id IS NOT NULL;

-- The settings that say which teams are routed.
CREATE INDEX setting_routing ON setting (workspace, id)
  WHERE kind = 'routing' AND ended_at IS NULL;

-- Whether a device showed that it had the offer.
CREATE INDEX push_offer ON push (conversation) WHERE kind = 'offer';
-- What a push service took, and what no device may have had.
CREATE INDEX push_taken ON push (workspace, agent, created_at)
  WHERE state = 'accepted' AND kind <> 'retract';
