//go:build !linux

package fsys

import (
	"errors"
	"os"
)

// wholeIsReliable: only Linux can sync one file system.
func wholeIsReliable(*os.Root) bool { return false }

func syncWhole(*os.File) error { return errors.ErrUnsupported }
