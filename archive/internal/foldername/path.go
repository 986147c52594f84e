package foldername

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A name deeper or longer than this becomes a single component: what a server
// says is no reason to make a thousand directories.
const (
	maxDepth      = 32
	maxPathOctets = 1024
)

// Levels parts a folder's name at its delimiter, the parent first. A flat name,
// and one that is too deep or too long for a path of its own, is one level; then
// whole is true for the latter, and it is placed with EscapeWhole.
func Levels(name, delimiter string) (levels []string, whole bool) {
	if len(name) > maxPathOctets || delimiter != "" && strings.Count(name, delimiter) >= maxDepth {
		return []string{name}, true
	}
	if delimiter == "" {
		return []string{name}, false
	}
	return strings.Split(name, delimiter), false
}

// EscapeWhole returns one component for a name that has too many levels.
func EscapeWhole(name string) string {
	// The beginning is for people, the hash is what tells names apart.
	return Cut(Escape(name[:min(len(name), maxOctets)]), name)
}

// Key returns what two paths have in common when some file system takes them
// for the same: without case, in one Unicode form, without joiners.
func Key(path string) string {
	path = strings.Map(func(r rune) rune {
		if r == zeroWidthJoiner || r == zeroWidthNonJoiner {
			return -1
		}
		return r
	}, path)
	return norm.NFKC.String(cases.Fold().String(norm.NFKD.String(path)))
}
