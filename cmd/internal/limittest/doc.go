// Package limittest holds the tests in which the program has little of what it
// needs: few files that it may open, directories that it may not write,
// little memory for many messages. Each
// command must do with 64 files; with fewer, or without the rights, it must say
// what can be done and leave what is there as it was.
//
// The tests need Linux, those of rights root as well. The package has no code of
// its own.
package limittest
