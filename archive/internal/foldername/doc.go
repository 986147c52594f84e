// Package foldername turns folder names, which servers choose and attackers
// may, into path components that are safe on Linux, macOS and Windows, and back
// where nothing had to be cut.
//
// What a component may not hold stands as % and two hexadecimal digits for each
// octet. Two different names never give components that are the same octet for
// octet, unless one is too long; names that a file system takes for the same
// (case, Unicode form) have the same [Key], and the caller gives all but one of
// them a number with [Numbered].
package foldername
