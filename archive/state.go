package archive

import (
	"fmt"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/foldername"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/checkpoint/lockfile"
)

// Busy tells whether a run writes the archive now, and cutOff whether the last
// one did not come to an orderly end, or is still at it.
func (a *Archive) Busy() (busy, cutOff bool, err error) {
	return lockfile.Held(a.root, lockName)
}

// Free returns the octets that can still be written where the archive is, -1
// where the system does not tell.
func (a *Archive) Free() (int64, error) {
	dir, err := a.root.Open(".")
	if err != nil {
		return -1, fmt.Errorf("open archive: %w", err)
	}
	defer dir.Close()
	return fsys.Free(dir)
}

// Renamed returns the places that a new archive would give those of the folders
// whose names cannot be kept as they are on disk, by the folders' names.
func Renamed(folders []*mailhaul.Folder) map[string]string {
	places := newPlaces(nil)
	renamed := map[string]string{}
	for _, f := range folders {
		place := places.dirFor(f.Name, f.Delimiter)
		if levels, whole := foldername.Levels(f.Name, f.Delimiter); whole || place != strings.Join(levels, "/") {
			renamed[f.Name] = place
		}
	}
	return renamed
}
