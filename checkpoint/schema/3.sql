-- The ledger, version 3: a history that one can go back in.

-- The key that a message had before the run, NULL when it was the one that it
-- has now: a run that found another UIDVALIDITY gave it a new one.
ALTER TABLE message_past ADD COLUMN was_uidvalidity INTEGER;
ALTER TABLE message_past ADD COLUMN was_uid INTEGER;

-- NULL where the run that kept the past did not know of these columns: then they
-- are taken to be what they are now.
ALTER TABLE folder_past ADD COLUMN special_use TEXT;
ALTER TABLE folder_past ADD COLUMN subscribed INTEGER;
ALTER TABLE folder_past ADD COLUMN noselect INTEGER;
