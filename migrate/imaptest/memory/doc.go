// Package memory is an IMAP server that keeps its mail in memory: for fast
// tests and for the demonstration of the command line. It does not import
// testing and needs nothing but a free port of 127.0.0.1.
//
// It gives flags and keywords in small letters, whatever they were put in as
// (flags have no case, RFC 9051, 2.3.2), and knows neither MULTIAPPEND nor
// CONDSTORE: real servers are in package imaptest.
package memory
