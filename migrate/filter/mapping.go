package filter

import (
	"fmt"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// Mapping says where folders go at the target. The zero Mapping leaves them
// where they are.
type Mapping struct {
	rules        []rule
	prefix, into []string
}

// rule puts a folder, and what lies below it, elsewhere.
type rule struct {
	old    string // hierarchy written with "/"
	levels []string
}

// ParseMapping reads what the user gave. Each of maps is OLD=NEW: folder OLD,
// and what lies below it, becomes NEW; the longest OLD counts, and "=" cannot be
// part of it. What they do not map goes below the folder prefix; or all messages
// go into the one folder into, then nothing else may be given. Names are whole
// names, hierarchy written with "/". Errors wrap mailhaul.ErrUsage.
func ParseMapping(maps []string, prefix, into string) (Mapping, error) {
	var m Mapping
	var err error
	if into != "" && (prefix != "" || len(maps) > 0) {
		return Mapping{}, fmt.Errorf("%w: --into puts all messages into one folder, it does not go together with --map or --prefix", mailhaul.ErrUsage)
	}
	if prefix != "" {
		if m.prefix, err = parseName("--prefix", prefix); err != nil {
			return Mapping{}, err
		}
	}
	if into != "" {
		if m.into, err = parseName("--into", into); err != nil {
			return Mapping{}, err
		}
	}
	given := map[string]bool{}
	for _, text := range maps {
		oldName, newName, found := strings.Cut(text, "=")
		if !found {
			return Mapping{}, fmt.Errorf("%w: --map %q has no \"=\": write OLD=NEW", mailhaul.ErrUsage, text)
		}
		option := fmt.Sprintf("--map %q", text)
		from, err := parseName(option, oldName)
		if err != nil {
			return Mapping{}, err
		}
		to, err := parseName(option, newName)
		if err != nil {
			return Mapping{}, err
		}
		r := rule{strings.Join(from, "/"), to}
		if given[r.old] {
			return Mapping{}, fmt.Errorf("%w: --map is given twice for folder %q", mailhaul.ErrUsage, r.old)
		}
		given[r.old] = true
		m.rules = append(m.rules, r)
	}
	return m, nil
}

// parseName splits a folder name of an option at "/".
func parseName(option, name string) ([]string, error) {
	if name == "" {
		return nil, fmt.Errorf("%w: %s lacks the name of a folder", mailhaul.ErrUsage, option)
	}
	levels := strings.Split(name, "/")
	for _, l := range levels {
		if l == "" {
			return nil, fmt.Errorf("%w: %s: folder name %q has an empty level", mailhaul.ErrUsage, option, name)
		}
	}
	return withInbox(levels), nil
}

// withInbox spells an outermost INBOX so, which is INBOX in any case (RFC 9051,
// 5.1).
func withInbox(levels []string) []string {
	if strings.EqualFold(levels[0], "INBOX") {
		levels[0] = "INBOX"
	}
	return levels
}

// Levels returns the levels of the name that a folder of the source gets, and
// false when the mapping does not speak of it. It fits plan.Mapper.
func (m Mapping) Levels(f *mailhaul.Folder) ([]string, bool) {
	if len(m.into) > 0 {
		return m.into, true
	}
	var best *rule
	var below []string
	for i := range m.rules {
		if rest, ok := m.rules[i].match(f); ok && (best == nil || len(m.rules[i].old) > len(best.old)) {
			best, below = &m.rules[i], rest
		}
	}
	switch {
	case best != nil:
		return append(best.levels[:len(best.levels):len(best.levels)], below...), true
	case len(m.prefix) > 0:
		return append(m.prefix[:len(m.prefix):len(m.prefix)], relative(f)...), true
	}
	return nil, false
}

// Unmatched returns the OLD names that map none of the folders: the user has
// mistyped them.
func (m Mapping) Unmatched(folders []*mailhaul.Folder) []string {
	var out []string
	for _, r := range m.rules {
		found := false
		for _, f := range folders {
			_, ok := r.match(f)
			found = found || ok
		}
		if !found {
			out = append(out, r.old)
		}
	}
	return out
}

// match tells whether the folder is that of the rule or lies below it, and
// returns its levels below. Its name counts with and without the prefix of its
// namespace: where all folders are called INBOX.x, "x" and "INBOX/x" both mean
// it, but it does not lie below INBOX.
func (r rule) match(f *mailhaul.Folder) ([]string, bool) {
	levels := relative(f)
	inNamespace := f.Namespace != "" && strings.HasPrefix(f.Name, f.Namespace)
	if !inNamespace || r.old != "INBOX" {
		if rest, ok := cutLevels(levels, r.old); ok {
			return rest, true
		}
	}
	if !inNamespace {
		return nil, false
	}
	prefix := f.Namespace
	if f.Delimiter != "" {
		prefix = strings.ReplaceAll(prefix, f.Delimiter, "/")
	}
	if old, ok := strings.CutPrefix(r.old, prefix); ok {
		return cutLevels(levels, old)
	}
	return nil, false
}

// cutLevels takes the levels that make up the name off the front.
func cutLevels(levels []string, name string) ([]string, bool) {
	for k := range levels {
		if strings.Join(levels[:k+1], "/") == name {
			return levels[k+1:], true
		}
	}
	return nil, false
}

// relative returns a folder's levels without the prefix of its namespace.
func relative(f *mailhaul.Folder) []string {
	if f.Namespace != "" && strings.HasPrefix(f.Name, f.Namespace) {
		return f.Levels()
	}
	return withInbox(f.Levels())
}
