package mailhaul

import (
	"slices"
	"strings"
)

// Flags is a message's set of system flags and keywords (RFC 9051, 2.3.2) in
// canonical form: sorted, without doubles, joined by single blanks, system
// flags spelled as the RFC does, keywords as the server spells them, without
// \Recent. Two sets are equal when the strings are. The zero value is no flag.
type Flags string

var systemFlags = []string{`\Answered`, `\Deleted`, `\Draft`, `\Flagged`, `\Seen`}

// MakeFlags returns the canonical form of a list of flags.
func MakeFlags(list ...string) Flags {
	out := make([]string, 0, len(list))
	for _, f := range list {
		if f == "" || strings.EqualFold(f, `\Recent`) {
			continue
		}
		if f[0] == '\\' {
			for _, s := range systemFlags {
				if strings.EqualFold(s, f) {
					f = s
				}
			}
		}
		out = append(out, f)
	}
	slices.Sort(out)
	return Flags(strings.Join(slices.Compact(out), " "))
}

// List returns the flags one by one.
func (f Flags) List() []string { return strings.Fields(string(f)) }

// Has tells whether the set has the flag, spelled in canonical form.
func (f Flags) Has(flag string) bool {
	for x := range strings.SplitSeq(string(f), " ") {
		if x == flag {
			return true
		}
	}
	return false
}
