package mailhaul

import (
	"slices"
	"strings"
)

// Labels is a message's set of labels, as Gmail has them: decoded, sorted, without
// doubles, one a line. Two sets are equal when the strings are. The zero value is no
// label.
type Labels string

// MakeLabels returns the canonical form of a list of labels.
func MakeLabels(list ...string) Labels {
	out := make([]string, 0, len(list))
	for _, l := range list {
		if l = strings.NewReplacer("\r", " ", "\n", " ").Replace(l); l != "" {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return Labels(strings.Join(slices.Compact(out), "\n"))
}

// List returns the labels one by one.
func (l Labels) List() []string {
	if l == "" {
		return nil
	}
	return strings.Split(string(l), "\n")
}

// UIDLabels are the labels of one message.
type UIDLabels struct {
	UID    UID
	Labels Labels
}
