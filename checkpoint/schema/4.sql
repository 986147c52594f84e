-- The ledger, version 4: an archive that heals.

-- The run that found a message damaged and nowhere to be had, 0 for none.
ALTER TABLE message ADD COLUMN damaged_run INTEGER NOT NULL DEFAULT 0;

-- Parts of mbox files that belong to no message any more: what was in them was
-- damaged, and is stored again elsewhere.
CREATE TABLE retired (
  folder INTEGER NOT NULL,
  start  INTEGER NOT NULL CHECK (start >= 0),
  stored INTEGER NOT NULL CHECK (stored > 0),
  run    INTEGER NOT NULL,
  PRIMARY KEY (folder, start)
) WITHOUT ROWID, STRICT;
