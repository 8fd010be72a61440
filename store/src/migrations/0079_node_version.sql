-- The newest schema that a node's program knows; 0 of a program from before this was told.
ALTER TABLE node ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
