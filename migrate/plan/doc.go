// Package plan decides what a run has to do: what the server says of its
// folders and messages, set against what the ledger knows. It is pure: no I/O,
// no clock.
package plan
