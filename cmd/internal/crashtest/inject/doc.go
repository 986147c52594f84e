// Package inject runs a program and lets one of its system calls fail, or kills
// it there. Unlike strace, which counts the calls of each thread by itself, it
// counts those of all threads together, and only those on files below one
// directory: so a run can be made to fail at its first such call, at its second,
// and so on to its last, and none is missed.
//
// It traces the program (ptrace(2)), which needs a process that has no other
// children: a test starts itself once more with what [Fault.Env] returns in the
// environment, and that process calls [Main].
package inject
