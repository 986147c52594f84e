package archive

import (
	"context"
	"io/fs"
	"strings"

	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// strangers reports the files below mail/ that belong to no folder.
func (v *verifier) strangers(ctx context.Context, folders []checkpoint.Folder) error {
	known := make(map[string]bool, len(folders))
	for i := range folders {
		known[mailPath(folders[i].Place)] = true
		if v.format == Mbox {
			known[newBoxPath(folders[i].Place)] = true // a prune writes it, or was cut off there
		}
	}
	return v.walk(ctx, mailName, known)
}

func (v *verifier) walk(ctx context.Context, dir string, known map[string]bool) error {
	var below []string
	err := fsys.EachName(v.root, dir, func(e fs.DirEntry) error {
		path := dir + "/" + e.Name()
		switch {
		case e.IsDir():
			if !known[dir] || !isMaildirPart(e.Name()) {
				below = append(below, path)
			}
			return nil
		case isMaildirPart(e.Name()) && known[dir], known[path]:
			return nil // of a folder, which was verified
		}
		if v.format == Mbox && strings.HasSuffix(path, mboxExt) {
			// A run that was cut off made it and put nothing in.
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
				return nil
			}
		}
		v.damage(Damage{Path: path, Problem: "a file that the ledger does not know"})
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	for _, path := range below {
		if err := v.walk(ctx, path, known); err != nil {
			return err
		}
	}
	return nil
}

func isMaildirPart(name string) bool { return name == "cur" || name == "new" || name == "tmp" }
