// Package quirk is what is known of mail servers beyond what they announce: the
// ways in which those that people meet differ from RFC 9051, and the limits that
// their providers set. It is data, in one table, and the functions that read it.
//
// A server is recognised by its host name, its greeting or what it says of
// itself (RFC 2971). The greeting may have come unprotected: what follows from a
// quirk may cost time, never mail or trust.
package quirk
