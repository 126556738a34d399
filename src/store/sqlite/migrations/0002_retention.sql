-- The longest retention of a group, in minutes, so that a store that opens need not remember whom the
-- rules have forgotten. 0: not known yet, everybody is remembered.
ALTER TABLE count_group ADD COLUMN retention INTEGER NOT NULL DEFAULT 0;
