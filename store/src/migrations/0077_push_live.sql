-- What a fact may take back, and of it what a device may show: a team of a thousand phones has a
-- thousand pushes of one conversation.
DROP INDEX push_live;
CREATE INDEX push_live ON push (conversation, device)
  WHERE state IN ('queued', 'claimed', 'accepted') AND kind <> 'retract';
