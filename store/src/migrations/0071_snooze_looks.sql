-- Snoozes end by the table of looks, as all clocks do: what is put aside already is noted there.
INSERT INTO look (workspace, conversation, at)
  SELECT workspace, id, snoozed_until FROM conversation WHERE snoozed_until IS NOT NULL
ON CONFLICT (workspace, conversation) DO UPDATE
  SET at = CASE WHEN excluded.at < look.at THEN excluded.at ELSE look.at END;
