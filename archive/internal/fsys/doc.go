// Package fsys is what the archive needs of a file system: directories held
// open, in which files are made, renamed and removed by plain names; paths that
// never lead through a symbolic link; and data made durable, many files at once
// where the system can.
//
// Everything begins at an [os.Root]. Below it a directory is held open and its
// files are reached relative to it, without a walk along the path for each one.
package fsys
