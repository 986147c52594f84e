// Package imapaccount is an IMAP account as a source of mail.
//
// The go-imap client greets, negotiates and logs in. From then on the
// connection beneath it (package wire) is borrowed: folders are listed and
// messages fetched with pipelined commands, answers are read by a small strict
// parser that keeps names and dates as the server spells them, streams bodies,
// and bounds what a hostile server can make it hold. Several connections share
// the work. A lost connection is made again and goes on with what is missing.
//
// The source is never changed: folders are opened with EXAMINE, bodies fetched
// with BODY.PEEK[].
package imapaccount
