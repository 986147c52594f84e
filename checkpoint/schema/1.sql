-- The ledger, version 1. Run times are Unix nanoseconds, NULL when there is
-- none. A run column holds run.id; gone_run is 0 for what is there.

PRAGMA application_id = 0x6d61686c;

CREATE TABLE identity (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  account TEXT NOT NULL,
  format  TEXT NOT NULL
) STRICT;

CREATE TABLE run (
  id            INTEGER PRIMARY KEY,
  command       TEXT NOT NULL,
  started       INTEGER NOT NULL,
  ended         INTEGER,
  outcome       TEXT NOT NULL DEFAULT '',
  new           INTEGER NOT NULL DEFAULT 0,
  flags_changed INTEGER NOT NULL DEFAULT 0,
  gone          INTEGER NOT NULL DEFAULT 0,
  failed        INTEGER NOT NULL DEFAULT 0,
  octets        INTEGER NOT NULL DEFAULT 0
) STRICT;

-- uidnext, highestmodseq and messages are those up to which everything is in
-- the ledger; live to failures sum up the rows of message and failure and are
-- kept in the same transactions, so that a summary reads folder rows only.
CREATE TABLE folder (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL,
  raw           TEXT NOT NULL,
  delimiter     TEXT NOT NULL,
  special_use   TEXT NOT NULL,
  subscribed    INTEGER NOT NULL,
  noselect      INTEGER NOT NULL,
  place         TEXT NOT NULL,
  uidvalidity   INTEGER NOT NULL,
  uidnext       INTEGER NOT NULL DEFAULT 0,
  highestmodseq INTEGER NOT NULL DEFAULT 0,
  messages      INTEGER NOT NULL DEFAULT 0,
  live          INTEGER NOT NULL DEFAULT 0,
  gone          INTEGER NOT NULL DEFAULT 0,
  live_octets   INTEGER NOT NULL DEFAULT 0,
  stored_end    INTEGER NOT NULL DEFAULT 0,
  failures      INTEGER NOT NULL DEFAULT 0,
  first_run     INTEGER NOT NULL,
  gone_run      INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX folder_name ON folder (name) WHERE gone_run = 0;
CREATE INDEX folder_gone_name ON folder (name) WHERE gone_run <> 0;
-- Two folders in one place would be two folders in one file.
CREATE UNIQUE INDEX folder_place ON folder (place) WHERE place <> '';

-- What a folder was until a run changed it: the first state that the run found.
CREATE TABLE folder_past (
  folder      INTEGER NOT NULL,
  run         INTEGER NOT NULL,
  name        TEXT NOT NULL,
  raw         TEXT NOT NULL,
  delimiter   TEXT NOT NULL,
  uidvalidity INTEGER NOT NULL,
  gone_run    INTEGER NOT NULL,
  PRIMARY KEY (folder, run)
) WITHOUT ROWID, STRICT;

-- Sets of flags in canonical form, each once.
CREATE TABLE flagset (
  id    INTEGER PRIMARY KEY,
  flags TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO flagset (id, flags) VALUES (0, '');

-- date is INTERNALDATE in Unix seconds, zone its offset in minutes, both NULL
-- when the server gave none. What scans read stands first in the row. Nothing
-- random is indexed: that cost three quarters of the time of loading.
CREATE TABLE message (
  folder      INTEGER NOT NULL,
  uidvalidity INTEGER NOT NULL CHECK (uidvalidity >= 0),
  uid         INTEGER NOT NULL CHECK (uid > 0),
  gone_run    INTEGER NOT NULL DEFAULT 0,
  flags       INTEGER NOT NULL,
  size        INTEGER NOT NULL CHECK (size >= 0),
  first_run   INTEGER NOT NULL,
  date        INTEGER,
  zone        INTEGER,
  stored      INTEGER NOT NULL CHECK (stored >= 0),
  start       INTEGER NOT NULL CHECK (start >= 0),
  line_ends   INTEGER NOT NULL,
  digest      BLOB NOT NULL CHECK (length(digest) = 32),
  fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 16),
  place       TEXT NOT NULL,
  PRIMARY KEY (folder, uidvalidity, uid)
) WITHOUT ROWID, STRICT;

-- What a message was until a run changed its flags or found it there again:
-- the first state that the run found.
CREATE TABLE message_past (
  folder      INTEGER NOT NULL,
  uidvalidity INTEGER NOT NULL,
  uid         INTEGER NOT NULL,
  run         INTEGER NOT NULL,
  flags       INTEGER NOT NULL,
  gone_run    INTEGER NOT NULL,
  PRIMARY KEY (folder, uidvalidity, uid, run)
) WITHOUT ROWID, STRICT;

CREATE TABLE failure (
  folder      INTEGER NOT NULL,
  uidvalidity INTEGER NOT NULL,
  uid         INTEGER NOT NULL,
  reason      TEXT NOT NULL,
  times       INTEGER NOT NULL,
  first_run   INTEGER NOT NULL,
  last_run    INTEGER NOT NULL,
  PRIMARY KEY (folder, uidvalidity, uid)
) WITHOUT ROWID, STRICT;
