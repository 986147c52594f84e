//go:build !unix

package archive

import "io/fs"

// checkOwner has nothing to look at here: rights are in access control lists.
func checkOwner(fs.FileInfo, string) error { return nil }
