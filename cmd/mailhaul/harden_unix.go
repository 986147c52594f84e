//go:build unix

package main

import "golang.org/x/sys/unix"

// harden makes what the process leaves behind readable by its owner alone: all
// that it creates (SQLite would make its files 0644), and no core file, which
// would hold passwords and mail.
func harden() {
	unix.Umask(0o077)
	// A system that refuses to lower a limit has none to lower.
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
}
