package archive

import (
	"hash/maphash"
	"strings"

	"github.com/mailhaul/mailhaul/archive/internal/foldername"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// mboxExt ends the name of an mbox. The folders below one lie in a directory of
// the same name without it.
const mboxExt = ".mbox"

// places finds a place for each folder: below that of its parent, and never one
// that some file system takes for the place of another folder.
type places struct {
	seed maphash.Seed
	// byName has the directory of every folder, and of every name above one
	// that is no folder itself.
	byName map[string]spot
	// taken has the keys of all these directories, owned those of folders.
	// Only hashes are kept: two keys that have the same one cost a number at
	// the end of a name.
	taken, owned map[uint64]bool
}

type spot struct {
	dir    string
	folder bool // a folder's own, not only a name above one
}

// newPlaces returns the places that the folders of a ledger have.
func newPlaces(known []checkpoint.Folder) *places {
	p := &places{
		seed:   maphash.MakeSeed(),
		byName: make(map[string]spot, len(known)),
		taken:  make(map[uint64]bool, len(known)),
		owned:  make(map[uint64]bool, len(known)),
	}
	for _, f := range known {
		if f.Place != "" {
			p.put(f.Name, strings.TrimSuffix(f.Place, mboxExt))
		}
	}
	for _, f := range known {
		p.addParents(f)
	}
	return p
}

func (p *places) put(name, dir string) {
	p.byName[name] = spot{dir, true}
	p.taken[p.hash(dir)] = true
	p.owned[p.hash(dir)] = true
}

// addParents remembers where the names above a folder are, so that folders to
// come are put beside it. A folder that was renamed on the server lies where its
// old name put it, which says nothing about the new name's parents.
func (p *places) addParents(f checkpoint.Folder) {
	dirs := strings.Split(strings.TrimSuffix(f.Place, mboxExt), "/")
	levels, whole := foldername.Levels(f.Name, f.Delimiter)
	if whole || len(dirs) != len(levels) {
		return
	}
	for i := range len(levels) - 1 {
		if rest, ok := strings.CutPrefix(dirs[i], foldername.Escape(levels[i])); !ok || rest != "" && rest[0] != '~' {
			return
		}
		name, dir := strings.Join(levels[:i+1], f.Delimiter), strings.Join(dirs[:i+1], "/")
		if _, known := p.byName[name]; !known && !p.owned[p.hash(dir)] {
			p.byName[name] = spot{dir: dir}
			p.taken[p.hash(dir)] = true
		}
	}
}

// dirFor returns the directory for a folder, the same at every call.
func (p *places) dirFor(name, delimiter string) string {
	levels, whole := foldername.Levels(name, delimiter)
	s, known := p.byName[name]
	switch {
	case known && s.folder:
		return s.dir
	case known && !p.owned[p.hash(s.dir)]:
	case whole:
		s.dir = p.free("", foldername.EscapeWhole(name), name)
	default:
		s.dir = p.free(p.above(levels, delimiter), foldername.Escape(levels[len(levels)-1]), name)
	}
	p.put(name, s.dir)
	return s.dir
}

// above returns the directory, with a slash, that the last of levels lies in.
func (p *places) above(levels []string, delimiter string) string {
	n := len(levels) - 1
	if n == 0 {
		return ""
	}
	name := strings.Join(levels[:n], delimiter)
	s, known := p.byName[name]
	if !known {
		s.dir = p.free(p.above(levels[:n], delimiter), foldername.Escape(levels[n-1]), name)
		p.byName[name] = s
		p.taken[p.hash(s.dir)] = true
	}
	return s.dir + "/"
}

// maxNumber bounds the numbers that tell names apart. A server with thousands of
// names that differ by case only shall not cost thousands of tries for each.
const maxNumber = 9

// free returns the directory for a component of the folder name, numbered when
// the place is taken.
func (p *places) free(above, component, name string) string {
	dir := above + component
	for n := 2; p.taken[p.hash(dir)]; n++ {
		if n > maxNumber {
			component, n = foldername.Cut(component, name), 1
			dir = above + component
			continue
		}
		dir = above + foldername.Numbered(component, n)
	}
	return dir
}

func (p *places) hash(dir string) uint64 {
	return maphash.String(p.seed, foldername.Key(dir))
}
