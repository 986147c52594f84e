-- The ledger, version 6: what has gone is found without reading what is there. It
-- stands in the order of the messages, in which they are then read.

CREATE INDEX message_gone ON message (folder, uidvalidity, uid, gone_run, digest) WHERE gone_run <> 0;
