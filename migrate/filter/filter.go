package filter

import (
	"strings"

	"github.com/mailhaul/mailhaul"
)

// Filter chooses folders. A pattern is matched against the whole name of a
// folder, hierarchy written with "/": "*" stands for any text, "?" for one
// character; INBOX is matched in any case. "Lists/*" chooses what is below
// Lists, "Lists" only itself. The zero Filter chooses all.
type Filter struct {
	// Include holds the patterns of which one must match; none chooses all.
	Include []string
	// Exclude holds the patterns of which none may match.
	Exclude []string
}

// Match tells whether the folder is chosen.
func (f Filter) Match(folder *mailhaul.Folder) bool {
	name := slashed(folder)
	return (len(f.Include) == 0 || matchAny(f.Include, name)) && !matchAny(f.Exclude, name)
}

// Unmatched returns the Include patterns that match none of the folders: the
// user has mistyped them.
func (f Filter) Unmatched(folders []*mailhaul.Folder) []string {
	var out []string
	for _, p := range f.Include {
		found := false
		for _, folder := range folders {
			found = found || match(p, slashed(folder))
		}
		if !found {
			out = append(out, p)
		}
	}
	return out
}

func slashed(f *mailhaul.Folder) string {
	if f.Delimiter == "" || f.Delimiter == "/" {
		return f.Name
	}
	return strings.ReplaceAll(f.Name, f.Delimiter, "/")
}

func matchAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if match(p, name) {
			return true
		}
	}
	return false
}

func match(pattern, name string) bool {
	if strings.EqualFold(pattern, "INBOX") && strings.EqualFold(name, "INBOX") {
		return true
	}
	return glob([]rune(pattern), []rune(name))
}

// glob matches with one point to come back to, the last "*": time is at most
// pattern times name, whatever the pattern.
func glob(p, n []rune) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(n) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == n[j]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
