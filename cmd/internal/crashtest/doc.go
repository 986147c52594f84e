// Package crashtest holds the tests in which the program is killed, the power is
// cut, the disk fails and the line breaks, and the next run has to make good:
// everything is there once, octet for octet, what was said to be safe was safe,
// the ledger is sound and nothing is left over.
//
//   - The power is cut after steps of recorded runs of each command that writes
//     (package replay), with what was not synced lost, kept or torn. The accounts
//     that mail is copied into go on: they are what they were at that step.
//   - Each command is killed before system calls on its files (package inject), at
//     random moments, and in front of real servers.
//   - System calls on its files fail, once and from then on (package inject), and
//     the disk fills up.
//   - The line is reset, ended or stalled after any number of octets.
//
// The same is done to copies into accounts, where nobody knows whether what was
// sent last has arrived. The program is killed at random moments, before its
// system calls, before and behind answers to APPEND, and the line is cut there,
// on Dovecot with and without UIDPLUS, MULTIAPPEND, CONDSTORE and LITERAL+, and
// on Cyrus. The mail is such that is hard to tell apart. In the end another
// client counts: no message is missing and none is double, octets, flags and
// dates are those of the source, and a further run copies nothing.
//
// A test takes a sample of the places where it disturbs a run. With -chances 2 and
// more it takes each place, kills so many times as often, and a table tells what
// was done and what came of it. All chance comes from -seed and the test's name.
//
// Each of these is shown to find bugs that are planted: a program that lacks a
// sync is the recording without it, other bugs are system calls that do nothing
// and say that they did, or what a program would have written down wrongly.
//
// The tests need Linux on amd64 and strace. The package has no code of its own.
package crashtest
