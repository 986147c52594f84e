-- The ledger, version 7: labels.

-- The labels that a message had when they were last asked for, one a line.
CREATE TABLE label (
  folder      INTEGER NOT NULL,
  uidvalidity INTEGER NOT NULL CHECK (uidvalidity >= 0),
  uid         INTEGER NOT NULL CHECK (uid > 0),
  labels      TEXT NOT NULL CHECK (labels <> ''),
  PRIMARY KEY (folder, uidvalidity, uid)
) WITHOUT ROWID, STRICT;
