package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// ByName pairs the folders of a with those of b: by their names without the
// prefix of the namespace and whatever the delimiter, INBOX in any case; those
// left by their whole names, whatever the delimiter (an archive may have lost
// the namespace); those left by special use (RFC 6154), where each side has one
// folder of it left. The result holds names of b by names of a.
func ByName(a, b []*mailhaul.Folder) map[string]string {
	pairs, taken := map[string]string{}, map[string]bool{}
	for _, key := range []func(*mailhaul.Folder) string{path, wholePath, func(f *mailhaul.Folder) string { return f.SpecialUse }} {
		left, right := byKey(a, key, func(f *mailhaul.Folder) bool { return pairs[f.Name] == "" }), byKey(b, key, func(f *mailhaul.Folder) bool { return !taken[f.Name] })
		for k, x := range left {
			if y := right[k]; len(x) == 1 && len(y) == 1 {
				pairs[x[0]] = y[0]
				taken[y[0]] = true
			}
		}
	}
	return pairs
}

// byKey returns the names of the folders that are free, by their keys.
func byKey(folders []*mailhaul.Folder, key func(*mailhaul.Folder) string, free func(*mailhaul.Folder) bool) map[string][]string {
	names := map[string][]string{}
	for _, f := range folders {
		if k := key(f); k != "" && free(f) {
			names[k] = append(names[k], f.Name)
		}
	}
	return names
}

// path is a folder's name without the prefix of its namespace, its levels
// separated by NUL, which no server takes in a name.
func path(f *mailhaul.Folder) string {
	name := f.Name
	if rest, within := strings.CutPrefix(name, f.Namespace); within && rest != "" {
		name = rest
	}
	return levels(name, f.Delimiter)
}

// wholePath is path with the prefix.
func wholePath(f *mailhaul.Folder) string { return levels(f.Name, f.Delimiter) }

func levels(name, delimiter string) string {
	if strings.EqualFold(name, "INBOX") { // in any case (RFC 9051, 5.1)
		return "INBOX"
	}
	if delimiter == "" {
		return name
	}
	return strings.ReplaceAll(name, delimiter, "\x00")
}

// unit is a set of folders whose messages are compared with each other: mostly
// one of each side, one of a single side, or several of A with one of B.
type unit struct {
	c     *comparison
	sides [2][]*folder
}

// pairFolders makes the units that the filter chooses. A pattern that chooses
// none is an error that wraps mailhaul.ErrUsage.
func (c *comparison) pairFolders() error {
	a, b := c.sides[sideA], c.sides[sideB]
	pair := c.o.Pair
	if pair == nil {
		pair = ByName
	}
	pairs := pair(slices.Clone(a.listed), slices.Clone(b.listed))
	folderB := map[string]*mailhaul.Folder{}
	for _, f := range b.listed {
		folderB[f.Name] = f
	}
	byB := map[*mailhaul.Folder]*unit{}
	var units []*unit
	for _, f := range a.listed {
		partner := folderB[pairs[f.Name]]
		u := byB[partner]
		if partner == nil || u == nil {
			u = &unit{c: c}
			units = append(units, u)
			if partner != nil {
				u.sides[sideB] = []*folder{{Folder: partner}}
				byB[partner] = u
			}
		}
		u.sides[sideA] = append(u.sides[sideA], &folder{Folder: f})
	}
	for _, f := range b.listed {
		if byB[f] == nil {
			units = append(units, &unit{c: c, sides: [2][]*folder{nil, {{Folder: f}}}})
		}
	}
	return c.filter(units)
}

// filter keeps the units that are chosen, and gives the sides their folders.
func (c *comparison) filter(units []*unit) error {
	var all []*mailhaul.Folder
	for _, u := range units {
		names := u.names()
		all = append(all, names...)
		if !chosen(c.o.Filter, names) {
			continue
		}
		c.units = append(c.units, u)
		for i, s := range c.sides {
			s.folders = append(s.folders, u.sides[i]...)
		}
	}
	if unmatched := c.o.Filter.Unmatched(all); len(unmatched) > 0 {
		return &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: "choose folders", Hint: `patterns match the whole name, "*" stands for any text`,
			Err: fmt.Errorf("%w: no folder of either side matches %q", mailhaul.ErrUsage, strings.Join(unmatched, `", "`))}
	}
	for _, s := range c.sides {
		for i, f := range s.folders {
			f.index = uint32(i)
		}
	}
	return nil
}

// names are the names that a filter may choose the unit by: those of its
// folders, as they are and without the prefix of the namespace.
func (u *unit) names() []*mailhaul.Folder {
	var names []*mailhaul.Folder
	for _, folders := range u.sides {
		for _, f := range folders {
			names = append(names, f.Folder, &mailhaul.Folder{Name: strings.ReplaceAll(path(f.Folder), "\x00", "/"), Delimiter: "/"})
		}
	}
	return names
}

// chosen tells whether one of the names is included and none excluded.
func chosen(f filter.Filter, names []*mailhaul.Folder) bool {
	excluded := func(name *mailhaul.Folder) bool { return !filter.Filter{Exclude: f.Exclude}.Match(name) }
	return slices.ContainsFunc(names, filter.Filter{Include: f.Include}.Match) && !slices.ContainsFunc(names, excluded)
}
