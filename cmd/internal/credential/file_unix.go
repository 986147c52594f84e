//go:build unix

package credential

import "io/fs"

// othersCanRead tells whether group or others may read or change the file.
func othersCanRead(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 != 0 }
