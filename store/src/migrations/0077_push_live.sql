-- What a fact may take back, and what one device was told of a conversation. A team of a thousand
-- phones has a thousand pushes of it.
DROP INDEX push_live;
CREATE INDEX push_live ON push (conversation, device)
  WHERE state IN ('queued', 'claimed', 'accepted') AND kind <> 'retract';
