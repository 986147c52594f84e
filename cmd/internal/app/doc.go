// Package app is the command line of mailhaul, a file a command: each turns its
// flags and arguments into typed options and calls a run function that tests
// call in the same way. Standard streams, clock and environment come in by Env;
// the process is never ended here.
package app
