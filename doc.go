// Package mailhaul holds the words and the contracts that every part of the
// project shares: folders, messages, flags, UIDs, what a source and a target
// promise, and errors that carry their scope.
//
// A haul carries mail from a [Source] to a [Target]; the pipeline that does it
// is package migrate, the ledger that remembers what has safely arrived is
// package checkpoint. This package imports the standard library only and does
// no I/O.
package mailhaul
