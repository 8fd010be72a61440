-- The contact that this one is said to be as well; its own where it is said to be nobody else.
ALTER TABLE conversation ADD COLUMN person TEXT;
CREATE INDEX conversation_person ON conversation (person, workspace) WHERE person IS NOT NULL;
