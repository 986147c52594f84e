// Package mbox writes and reads mbox files in the form called mboxrd, without
// losing an octet.
//
// Each message is a region: a separator line that begins with "From ", the
// message in which every line that begins with "From " after any number of ">"
// has one more ">", a newline when the message does not end with one, and an
// empty line. The exact size of the message, which the ledger has and the
// separator line carries, tells whether the last newline belongs to it.
//
// The separator line is written by package go-mbox. Its message writer and
// reader are not used: they drop final newlines and undo quoting that they did
// not do (mboxo).
package mbox
