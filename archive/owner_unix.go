//go:build unix

package archive

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/mailhaul/mailhaul"
)

// checkOwner refuses a directory that belongs to someone else: whoever owns it
// can swap what is in it at any time.
func checkOwner(info fs.FileInfo, dir string) error {
	if s, ok := info.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Geteuid() {
		return &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: "open archive",
			Hint: "run it as that user, or give the archive with all that is in it to this one (chown -R)",
			Err:  fmt.Errorf("%s belongs to user %d, this process runs as user %d", dir, s.Uid, os.Geteuid())}
	}
	return nil
}
