-- Agents who want to be called back, as JSON, and when the first of them is; NULL where there are
-- none.
ALTER TABLE conversation ADD COLUMN reminders TEXT;
ALTER TABLE conversation ADD COLUMN remind_at BIGINT;

CREATE INDEX conversation_remind ON conversation (remind_at) WHERE remind_at IS NOT NULL;
