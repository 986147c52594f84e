// Package filter holds what the user says of folders: which of them are meant,
// by patterns, and where they go at the target. It also finds a name close to
// one that a server refuses. It is pure: no I/O.
package filter
