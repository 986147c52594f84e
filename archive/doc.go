// Package archive keeps mail on disk: a directory with a ledger (package
// checkpoint) and the messages, as Maildirs or as mbox files, octet for octet
// as the server gave them.
//
//	ARCHIVE/mailhaul.db   the ledger
//	ARCHIVE/lock          held while a run writes; says who holds it
//	ARCHIVE/README.txt    what this is, and how to read it without mailhaul
//	ARCHIVE/folders.txt   the folders' true names, should the ledger be lost
//	ARCHIVE/quarantine/   what Repair and Rebuild took out of the way
//	ARCHIVE/mail/...      Maildirs, or one .mbox file a folder
//
// An [Archive] opened for writing is a [mailhaul.Target]. Messages are made
// durable in groups; what a receipt was given for survives a power loss, what
// was not is undone or adopted when the archive is opened the next time. Any
// archive gives its mail back as a [mailhaul.Source], see [Source].
// [Archive.Verify] finds what is not as it was written, [Archive.Repair] fetches it
// again, and [Rebuild] makes a ledger that is lost anew from the mail. The package
// reads and writes nothing outside the archive's directory and follows no symbolic
// link in it.
package archive
