-- The ledger, version 2: copies into an account.

-- The prefix of the personal namespace that a folder lies in, a part of its name.
ALTER TABLE folder ADD COLUMN namespace TEXT NOT NULL DEFAULT '';
ALTER TABLE folder_past ADD COLUMN namespace TEXT NOT NULL DEFAULT '';

-- The folder of the target account that takes a folder's messages: at_name is
-- NULL when there is none. Several folders may share one.
ALTER TABLE folder ADD COLUMN at_name TEXT;
ALTER TABLE folder ADD COLUMN at_raw TEXT NOT NULL DEFAULT '';
ALTER TABLE folder ADD COLUMN at_uidvalidity INTEGER NOT NULL DEFAULT 0;

-- Messages that are about to be sent to an account, by their key at the source:
-- whether they arrived is not known. at_uidvalidity is that of the target's
-- folder, first the lowest UID that the message can get there. A digest of
-- zeros is one that is not known; so it is in message.
CREATE TABLE intent (
  folder         INTEGER NOT NULL,
  uidvalidity    INTEGER NOT NULL CHECK (uidvalidity >= 0),
  uid            INTEGER NOT NULL CHECK (uid > 0),
  run            INTEGER NOT NULL,
  at_uidvalidity INTEGER NOT NULL,
  first          INTEGER NOT NULL,
  flags          INTEGER NOT NULL,
  size           INTEGER NOT NULL CHECK (size >= 0),
  date           INTEGER,
  zone           INTEGER,
  digest         BLOB NOT NULL CHECK (length(digest) = 32),
  fingerprint    BLOB NOT NULL CHECK (length(fingerprint) = 16),
  PRIMARY KEY (folder, uidvalidity, uid)
) WITHOUT ROWID, STRICT;
