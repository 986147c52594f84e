// Package sample makes mail for tests, benchmarks and the demonstration: sets
// of plausible messages of any number and size ([Set]), ones that are hard to
// tell apart ([Twins]), difficult ones ([Difficult]) and folder names that break
// careless programs ([Folders]). All of it is deterministic: the same arguments
// give the same octets.
//
// It neither imports testing nor speaks IMAP.
package sample
