// Package crashtest holds the tests in which the program is killed, the disk
// fails, the power is cut and the line breaks, and the next run has to make
// good. It has no code of its own.
package crashtest
