// Package wire is the connection beneath the IMAP client library: one buffered
// reader, time limits that roll with progress, a rate limit, a redacted trace,
// and limits against a server that lies.
//
// A [Conn] is a net.Conn for the library. While the library is quiet the
// connection can be borrowed ([Conn.Borrow]): then lines and literals are read
// and commands are sent by the borrower, who streams what the library cannot,
// and the library knows nothing of it. The package knows how IMAP frames lines
// and literals (RFC 9051, 2.2 and 4.3) and no command.
package wire
