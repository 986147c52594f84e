// Package maildir writes and reads the names of messages in a Maildir: what a
// base name carries, and the flag letters behind it. It does no I/O.
//
// A name such as
//
//	1700000000.V1699999999U4711Z+0100H0f1e2d3c4b5a6978.mailhaul,S=4523,W=4617:2,FS
//
// carries all that is needed to find out again what the message is, should the
// ledger be lost: INTERNALDATE in Unix seconds with its zone, UIDVALIDITY and
// UID, the beginning of the digest, the size of the file and, when line ends
// are stored as LF, the size on the wire. Size fields are those of Maildir++,
// which Dovecot and Courier read and trust.
package maildir
