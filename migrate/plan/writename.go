package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// wish is a name that a folder would get at the target.
type wish struct {
	name   string
	levels []string // as they should be, before any was replaced
	notes  []string // what was replaced
}

// write writes levels as the target does: joined by its delimiter, below its
// personal namespace; but INBOX, and what lies below it, as that.
func (n *namer) write(levels []string, inInbox bool) wish {
	if inInbox {
		return n.writeBelow(wish{name: "INBOX", levels: []string{"INBOX"}}, levels[1:])
	}
	return n.writeBelow(wish{}, levels)
}

// writeBelow writes levels below a name of the target; below its namespace when
// that is empty. Where all names begin with INBOX, below INBOX is the namespace.
func (n *namer) writeBelow(above wish, levels []string) wish {
	if above.name == "INBOX" && len(levels) > 0 && strings.EqualFold(n.target.Namespace, "INBOX"+n.target.Delimiter) {
		above = wish{}
	}
	w := wish{levels: slices.Concat(above.levels, levels)}
	parts := make([]string, 0, len(levels)+1)
	if above.name != "" {
		parts = append(parts, above.name)
	}
	for _, level := range levels {
		part, note := n.writeLevel(level)
		parts = append(parts, part)
		if note != "" && !slices.Contains(w.notes, note) {
			w.notes = append(w.notes, note)
		}
	}
	delimiter := n.target.Delimiter
	if delimiter == "" {
		delimiter = "-"
		if len(parts) > 1 && len(levels) > 0 {
			w.notes = append(w.notes, "the target has no folders below folders")
		}
	}
	w.name = strings.Join(parts, delimiter)
	if above.name == "" {
		w.name = n.target.Namespace + w.name
	}
	return w
}

// writeLevel writes one level, which must not be empty nor hold the delimiter.
func (n *namer) writeLevel(level string) (part, note string) {
	d := n.target.Delimiter
	switch {
	case level == "":
		return "_", "a level of its name is empty"
	case d == "" || !strings.Contains(level, d):
		return level, ""
	case d == "_":
		return strings.ReplaceAll(level, d, "-"), `"_" separates levels at the target`
	}
	return strings.ReplaceAll(level, d, "_"), fmt.Sprintf("%q separates levels at the target", d)
}

// suffix is a short hash of a folder's true name, another for each i.
func suffix(name string, i int) string {
	if i > 0 {
		name += "\x00" + strconv.Itoa(i)
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:4])
}
