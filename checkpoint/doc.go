// Package checkpoint is the ledger: the SQLite file that remembers what has
// safely arrived. One schema serves both uses, the catalogue inside an archive
// and the memory of a migration between two accounts.
//
// The ledger knows runs, folders, messages, flag sets, the past of folders and
// messages, failures that wait to be tried again, and, for a copy into an
// account, which folder there takes a folder's messages and the intents: messages
// that were announced before they were sent. It never holds mail, and never a
// secret.
//
// # Copies into an account
//
// The rows are keyed by folder, UIDVALIDITY and UID of the source; the Place of
// one is the UID in the account, in decimal, "" while nobody knows it. A batch is
// announced before it is sent and recorded when the account said what became of
// it, which takes its intents away in the same transaction. So after a crash a
// message has a row: it has arrived; or an intent: it has to be looked for; or
// neither: it was not sent.
//
// # History
//
// Nothing is overwritten without its past being kept: what a run changes of a
// folder or a message it keeps first, as it found it. [Ledger.AsOf] reads the
// ledger as it stood at the end of any run, [Ledger.Lost] what went since.
//
// # Durability
//
// Every method that changes something is one transaction, and when it returns
// nil the change survives a power loss (WAL, synchronous=FULL). A method whose
// change is none writes nothing. A message is recorded from a receipt only: its
// octets are durable before its row is.
//
// # Damage
//
// What can be read of a ledger that is damaged is given by [Ledger.ReadableFolders]
// and its like, and written into a new one by [Ledger.RestoreFolders] and its like.
// A message whose octets are damaged can be stored anew ([Ledger.Replace]) or, when
// nobody has it any more, marked ([Ledger.MarkDamaged]).
//
// # Use
//
// One process writes, through one [Ledger] from [Open]; who may is decided by
// the archive's lock, not here. Any number of processes read beside it, through
// [OpenReadOnly]. A Ledger is safe for use by several goroutines. Iterators
// read on connections of their own and may be left open while the ledger is
// written; they see the state of their beginning, and while they last the
// write-ahead log cannot be cut.
//
// # Errors
//
// Errors wrap [mailhaul.ErrDamaged] when the file is not what was written,
// [mailhaul.ErrNewer] when a newer version wrote it, [mailhaul.ErrLocked] when
// another process writes, [fs.ErrNotExist] for what is not there,
// [fs.ErrExist] for what is there already, [fs.ErrPermission] for a file that
// may not be written, and [syscall.ENOSPC] when the disk is full.
package checkpoint
