package imaptest

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"
)

//go:embed reference_folders.py
var referenceFolders string

// ReferenceFolder is a folder as a client that is none of ours sees it.
type ReferenceFolder struct {
	// Name is the name as it stands on the wire. Attributes are sorted, with
	// special uses among them, spelled as the server does.
	Name       string   `json:"name"`
	Attributes []string `json:"attributes"`
	// Subscribed is as LSUB says. A name that is subscribed and not there has the
	// attribute \NonExistent.
	Subscribed bool `json:"subscribed"`
	// The counters of STATUS, 0 for a folder that cannot be opened.
	Messages    uint32 `json:"messages"`
	UIDNext     uint32 `json:"uidnext"`
	UIDValidity uint32 `json:"uidvalidity"`
}

// specialUse returns the use in its usual spelling, "" for any other attribute.
func specialUse(attribute string) string {
	uses := []string{`\All`, `\Archive`, `\Drafts`, `\Flagged`, `\Junk`, `\Sent`, `\Trash`}
	i := slices.IndexFunc(uses, func(use string) bool { return strings.EqualFold(use, attribute) })
	if i < 0 {
		return ""
	}
	return uses[i]
}

// SpecialUse returns the folder's special use (RFC 6154, 2) as the RFC spells it,
// "" for none.
func (f ReferenceFolder) SpecialUse() string {
	for _, a := range f.Attributes {
		if use := specialUse(a); use != "" {
			return use
		}
	}
	return ""
}

// NoSelect tells whether the folder cannot be opened.
func (f ReferenceFolder) NoSelect() bool {
	return slices.ContainsFunc(f.Attributes, func(a string) bool {
		return strings.EqualFold(a, `\Noselect`) || strings.EqualFold(a, `\NonExistent`)
	})
}

// Key names what must be the same after a migration: name, use and subscription.
func (f ReferenceFolder) Key() string {
	return fmt.Sprintf("%s|%s|%v", f.Name, f.SpecialUse(), f.Subscribed)
}

// ReferenceFolders lists the folders of an account, sorted by name, with Python's
// imaplib (reference_folders.py), over plain text on addr.
func ReferenceFolders(tb testing.TB, addr, user, password string) []ReferenceFolder {
	tb.Helper()
	return ask[ReferenceFolder](tb, addr, user, password, "-c", referenceFolders)
}
