package plan

import "github.com/mailhaul/mailhaul"

// Placed is a message that the ledger knows to be at the target: its key at the
// source, and its UID there.
type Placed struct {
	UIDValidity uint32
	UID         mailhaul.UID
	Place       mailhaul.UID // 0 when the target did not tell it
}

// Missing returns the messages that are no longer at the target, whose folder
// now has the messages live. Of one without a place nobody knows: it is not
// missing.
func Missing(rows []Placed, live mailhaul.UIDSet) []Placed {
	var out []Placed
	for _, r := range rows {
		if r.Place != 0 && !live.Contains(r.Place) {
			out = append(out, r)
		}
	}
	return out
}
