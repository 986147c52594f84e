-- The ledger, version 5: an archive that is pruned.

ALTER TABLE run ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;

-- What is left of messages that were taken out of the archive: that they were
-- there. place is the file that has yet to be removed, '' for none.
CREATE TABLE pruned (
  folder      INTEGER NOT NULL,
  uidvalidity INTEGER NOT NULL CHECK (uidvalidity >= 0),
  uid         INTEGER NOT NULL CHECK (uid > 0),
  run         INTEGER NOT NULL,
  gone_run    INTEGER NOT NULL,
  first_run   INTEGER NOT NULL,
  flags       INTEGER NOT NULL,
  size        INTEGER NOT NULL CHECK (size >= 0),
  date        INTEGER,
  zone        INTEGER,
  place       TEXT NOT NULL,
  PRIMARY KEY (folder, uidvalidity, uid, run)
) WITHOUT ROWID, STRICT;
CREATE INDEX pruned_place ON pruned (folder, place) WHERE place <> '';

-- mbox files that a run wrote anew. Until the new file has taken the old one's
-- name (renamed is 0) it lies beside it, and is the one that the ledger speaks of.
CREATE TABLE rewritten (
  folder  INTEGER NOT NULL,
  run     INTEGER NOT NULL,
  renamed INTEGER NOT NULL,
  PRIMARY KEY (folder, run)
) WITHOUT ROWID, STRICT;
