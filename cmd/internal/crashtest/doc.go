// Package crashtest holds the tests in which the program is killed, the power is
// cut, the disk fails and the line breaks, and the next run has to make good:
// everything is there once, octet for octet, what was said to be safe was safe,
// the ledger is sound and nothing is left over.
//
//   - The power is cut after each step of recorded runs (package replay), with
//     what was not synced lost, kept or torn. CRASHTEST_CHANCES=20 tries each
//     step twenty times more with chance.
//   - The program is killed before each of its system calls, and at random
//     moments in front of a real server.
//   - The disk gives errors, once and from then on.
//   - The line is reset, ended or stalled after any number of octets.
//
// The same is done to copies into accounts, where nobody knows whether what was
// sent last has arrived. The program is killed at random moments, before its
// system calls, before and behind answers to APPEND, and the line is cut there,
// on Dovecot with and without UIDPLUS, MULTIAPPEND, CONDSTORE and LITERAL+, and
// on Cyrus. The mail is such that is hard to tell apart. In the end another
// client counts: no message is missing and none is double, octets, flags and
// dates are those of the source, and a further run copies nothing. With
// CRASHTEST_CHANCES=20 there are twenty times more kills.
//
// Each of these is shown to find bugs that are planted: a program that lacks a
// sync is the recording without it, other bugs are system calls that do nothing
// and say that they did, or what a program would have written down wrongly.
//
// The tests need Linux and strace. The package has no code of its own.
package crashtest
