// Package bench measures the built program against the floor, which is the
// least that any program must do (package floor below it), and against mbsync
// and interimap where they are installed:
//
//	go test ./cmd/internal/bench -run '^$' -bench . -benchtime 1x -timeout 60m [-sets S,M] [-rounds 3]
//
// or make bench; -bench Backup is what brings mail onto a disk, -bench Transfer
// what brings it into accounts. It starts a Dovecot of its own, fills accounts,
// and runs the programs as processes of their own, one after the other in turns.
// What counts is the ratio of two runs of one round; docs/benchmarks.md says how
// to read what is printed. It has no code but tests.
package bench
