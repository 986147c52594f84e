package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/foldername"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// guessedDelimiter parts the levels of names that are made from paths.
const guessedDelimiter = "/"

// guessFormat tells the format by what lies below mail/.
func (r *rebuilder) guessFormat() (string, error) {
	boxes, maildirs, err := r.placesOnDisk()
	if err != nil {
		return "", err
	}
	if len(boxes) > len(maildirs) {
		return string(Mbox), nil
	}
	return string(Maildir), nil
}

// placesOnDisk returns the mbox files and the Maildirs below mail/.
func (r *rebuilder) placesOnDisk() (boxes, maildirs []string, err error) {
	var walk func(dir string) error
	walk = func(dir string) error {
		var below []string
		maildir := false
		err := fsys.EachName(r.root, strings.TrimSuffix(mailPath(dir), "/"), func(e fs.DirEntry) error {
			place := strings.TrimPrefix(dir+"/"+e.Name(), "/")
			switch {
			case e.IsDir() && isMaildirPart(e.Name()) && dir != "":
				maildir = true
			case e.IsDir():
				below = append(below, place)
			case e.Type().IsRegular() && strings.HasSuffix(e.Name(), mboxExt):
				boxes = append(boxes, place)
			}
			return nil
		})
		if maildir {
			maildirs = append(maildirs, dir)
		}
		slices.Sort(below)
		for _, place := range below {
			err = errors.Join(err, walk(place))
		}
		return err
	}
	if err := walk(""); err != nil {
		return nil, nil, fmt.Errorf("look for folders: %w", err)
	}
	slices.Sort(boxes)
	return boxes, maildirs, nil
}

// restoreFolders writes all folders into the new ledger: those that the old one
// knows, else those of folders.txt, else those that lie on the disk.
func (r *rebuilder) restoreFolders(ctx context.Context) ([]*checkpoint.Folder, error) {
	byPlace := make(map[string]*checkpoint.Folder)
	var all []*checkpoint.Folder
	add := func(f checkpoint.Folder) {
		if f.Place != "" && byPlace[f.Place] == nil && checkPlace(Format(r.id.Format), f.Place) == nil {
			byPlace[f.Place] = &f
			all = append(all, &f)
		}
	}
	if r.old != nil {
		folders, err := r.old.ReadableFolders(ctx)
		if err != nil && !errors.Is(err, mailhaul.ErrDamaged) {
			return nil, err
		}
		for _, f := range folders {
			f.FirstRun, f.GoneRun = r.runOf(f.FirstRun), r.runOf(f.GoneRun)
			r.ofOld[f.ID] = true
			add(f)
		}
	}
	for _, f := range r.names.folders {
		f.FirstRun = r.run
		if f.GoneRun != 0 {
			f.GoneRun = r.run
		}
		add(f)
	}
	boxes, maildirs, err := r.placesOnDisk()
	if err != nil {
		return nil, err
	}
	onDisk := maildirs
	if r.id.Format == string(Mbox) {
		onDisk = boxes
	}
	for _, place := range onDisk {
		if byPlace[place] == nil {
			r.report.GuessedNames++
			add(r.guessFolder(place))
		}
	}
	tellApart(all)
	r.report.Folders = int64(len(all))
	return all, r.led.RestoreFolders(ctx, all)
}

// guessFolder makes a folder's name from its path.
func (r *rebuilder) guessFolder(place string) checkpoint.Folder {
	parts := strings.Split(strings.TrimSuffix(place, mboxExt), "/")
	problem := "its name was made from the path; the next backup puts it right"
	for i, part := range parts {
		name, ok := foldername.Unescape(part)
		if ok {
			parts[i] = name
		} else {
			problem = "the path carries a part of its name only"
		}
	}
	name := strings.Join(parts, guessedDelimiter)
	r.find(Damage{Folder: name, Path: mailPath(place), Problem: problem})
	return checkpoint.Folder{FirstRun: r.run, Folder: mailhaul.Folder{
		Name: name, Raw: name, Delimiter: guessedDelimiter, Subscribed: true, Place: place,
	}}
}

// tellApart gives folders that are there different names: paths may not carry
// what makes them differ.
func tellApart(folders []*checkpoint.Folder) {
	// Those whose names are known come first.
	slices.SortStableFunc(folders, func(a, b *checkpoint.Folder) int { return -cmp.Compare(min(1, a.ID), min(1, b.ID)) })
	taken := make(map[string]bool)
	for _, f := range folders {
		if f.GoneRun != 0 {
			continue
		}
		name := f.Name
		for n := 2; taken[f.Name]; n++ {
			f.Name = fmt.Sprintf("%s %d", name, n)
		}
		taken[f.Name] = true
	}
}
