// Package replay rebuilds what a directory may look like after a power loss.
//
// A run of a program is recorded with strace ([Command] says how), [Parse]
// makes events out of the recording, and a [Disk] takes the events one by one.
// It keeps apart what a reader would see and what is sure to survive: the data
// of a file is durable from an fsync of the file on, a name in a directory from
// an fsync of the directory on, and everything from a syncfs or sync on. After
// any event [Disk.Crash] gives a state that a file system may leave behind, in
// one of several variants of what it had written by then on its own.
//
// The model is stricter than any real file system: an fsync of a file does not
// make its name durable, and data and names reach the disk in any order. What
// the model does not know it refuses: Parse returns an error for system calls
// that change files in ways that do not show in a recording, such as mmap of a
// file for writing.
package replay
