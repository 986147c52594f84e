package foreign

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// maxDepth bounds how deep directories are looked into.
const maxDepth = 64

// search looks for folders in a tree.
type search struct {
	ctx     context.Context
	root    *os.Root
	kind    Kind
	dialect Dialect
	found   []*folder
	skipped []Omission
}

// run looks at the file of that name or, when it is empty, into the tree.
func (s *search) run(file string) error {
	if file == "" {
		return s.walk(".", nil)
	}
	f, err := openRegular(s.root, file)
	if err != nil {
		return err
	}
	defer f.Close()
	what, err := sniff(f)
	switch what {
	case isMbox, likeMbox:
		s.addMbox(file, mboxParts(nil, file))
	case isOurs:
		s.addMbox(file, escapedParts(file))
	default:
		return err
	}
	return nil
}

// result returns the folders, with unique names, and what was left out.
func (s *search) result() ([]*folder, []Omission) {
	list := readSubscriptions(s.root)
	taken := map[string]bool{}
	for _, f := range s.found {
		f.subscribed = list.has(f.name)
		f.name = unique(f.name, taken)
		taken[f.name] = true
	}
	return s.found, s.skipped
}

func (s *search) skip(path string, why Reason) {
	s.skipped = append(s.skipped, Omission{Path: path, Count: 1, Reason: why})
}

// walk looks into a directory whose folders have names that begin with parts.
func (s *search) walk(dir string, parts []string) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	entries, err := readDir(s.root, dir)
	if err != nil && dir == "." {
		return err
	}
	if err != nil || len(parts) > maxDepth {
		s.skip(dir, Unreadable)
		return nil
	}
	is := map[string]fs.FileMode{}
	for _, e := range entries {
		is[e.Name()] = e.Type()
	}
	maildir := is["cur"].IsDir() || is["new"].IsDir() && is["tmp"].IsDir()
	if maildir && s.kind != Mbox {
		s.addMaildir(dir, parts)
	}
	for _, e := range entries {
		name := e.Name()
		place := path.Join(dir, name)
		switch {
		case maildir && (name == "cur" || name == "new" || name == "tmp"):
		case e.IsDir():
			err = s.directory(place, parts)
		case !e.Type().IsRegular():
			s.skip(place, Link)
		case s.kind != Maildir && !strings.HasPrefix(name, "."):
			s.file(place, parts, is)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// directory looks into a directory below another one.
func (s *search) directory(place string, parts []string) error {
	name := path.Base(place)
	if strings.HasPrefix(name, ".") {
		// A folder of Maildir++, or something hidden that is none of ours.
		if info, err := s.root.Lstat(path.Join(place, "cur")); err != nil || !info.IsDir() {
			return nil
		}
		return s.walk(place, append(slices.Clip(parts), dottedParts(name)...))
	}
	if base, isTree := cutSuffixFold(name, ".sbd"); isTree {
		name = base
	} else if base, isApple := cutSuffixFold(name, ".mbox"); isApple {
		name = base
	}
	return s.walk(place, append(slices.Clip(parts), decodeName(name)))
}

// file adds a file if it is an mbox. siblings are the things beside it.
func (s *search) file(place string, parts []string, siblings map[string]fs.FileMode) {
	name := path.Base(place)
	f, err := openRegular(s.root, place)
	if err != nil {
		s.skip(place, Unreadable)
		return
	}
	defer f.Close()
	what, err := sniff(f)
	_, hasSummary := siblings[name+".msf"]
	switch {
	case err != nil:
		s.skip(place, Unreadable)
	case what == isOurs:
		s.addMbox(place, escapedParts(place))
	case what == isMbox, what == isEmpty && (hasSummary || siblings[name+".sbd"].IsDir() || isMboxName(name)):
		if _, inApple := cutSuffixFold(path.Base(path.Dir(place)), ".mbox"); name == "mbox" && inApple {
			s.addMbox(place, parts) // Apple Mail exports a folder as NAME.mbox/mbox
			return
		}
		s.addMbox(place, mboxParts(parts, name))
	case what == otherFormat, strings.Contains(strings.ToLower(name), ".mbox."):
		s.skip(place, Format)
	}
}

func (s *search) addMaildir(dir string, parts []string) {
	s.found = append(s.found, &folder{name: joinName(parts), box: &maildirBox{root: s.root, dir: dir}})
}

func (s *search) addMbox(file string, parts []string) {
	s.found = append(s.found, &folder{name: joinName(parts), box: &mboxBox{root: s.root, file: file, dialect: s.dialect}})
}

// What the beginning of a file shows.
const (
	isNothing   = iota
	isEmpty     // no octet
	isMbox      // a separator line, or "From " before a header
	isOurs      // a separator line of mailhaul
	likeMbox    // a line that begins with "From "
	otherFormat // a mail file that is not read
)

// sniff looks at the beginning of a file.
func sniff(f io.ReaderAt) (what int, err error) {
	head := make([]byte, 2*maxSeparator)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return isNothing, err
	}
	text := strings.TrimLeft(string(head[:n]), "\r\n")
	line, next, _ := strings.Cut(text, "\n")
	separator, looks := parseSeparator([]byte(line))
	switch {
	case n == 0:
		return isEmpty, nil
	case strings.HasPrefix(text, "*mbx*\r\n"), strings.HasPrefix(text, "BABYL OPTIONS"):
		return otherFormat, nil
	case !strings.HasPrefix(text, "From "):
		return isNothing, nil
	case separator.ours != nil:
		return isOurs, nil
	case looks, beginsHeader([]byte(next)):
		return isMbox, nil
	}
	return likeMbox, nil
}

// readDir reads a directory, sorted by name.
func readDir(root *os.Root, dir string) ([]fs.DirEntry, error) {
	d, err := root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

var errNotRegular = errors.New("is not a regular file")

// openRegular opens a regular file, and never one through a symbolic link that
// stands in its place.
func openRegular(root *os.Root, name string) (*os.File, error) {
	before, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	if now, err := f.Stat(); err != nil || !os.SameFile(before, now) {
		f.Close()
		return nil, &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
	}
	return f, nil
}
