package export

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/mailhaul/mailhaul"
)

const (
	inbox = "INBOX"
	// maxOctets bounds a component of a path. File systems take 255; the rest is
	// for a number and for an extension such as ".mbox".
	maxOctets = 200
	// maxNumber bounds the numbers that tell names apart: a server with
	// thousands of names that differ by case only shall not cost thousands of
	// tries for each.
	maxNumber = 9
)

// places gives folders places that no file system takes for each other.
type places struct {
	key    func(path string) string // what such places have in common
	ext    string                   // ends every place
	byName map[string]string
	taken  map[string]bool // by key
}

func newPlaces(key func(string) string, ext string) *places {
	return &places{key: key, ext: ext, byName: map[string]string{}, taken: map[string]bool{}}
}

// give returns the place of the folder with a name, the same at every call.
// wanted gives the one that it would have; where that is taken it gets a number.
func (p *places) give(name string, wanted func() string) string {
	if place, known := p.byName[name]; known {
		return place
	}
	place := wanted()
	base := place
	for n := 2; p.taken[p.key(place)]; n++ {
		if n > maxNumber {
			base, n = base+"~"+hashOf(name), 1
			place = base
			continue
		}
		place = base + "~" + strconv.Itoa(n)
	}
	p.byName[name] = place + p.ext
	p.take(place)
	return place + p.ext
}

func (p *places) take(place string) { p.taken[p.key(place)] = true }

// hashOf returns 16 characters that stand for a name.
func hashOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8])
}

// levels returns the levels of a folder's name, without the prefix of its
// namespace.
func levels(f *mailhaul.Folder) []string {
	name := strings.TrimPrefix(f.Name, f.Namespace)
	if f.Delimiter == "" {
		return []string{name}
	}
	return strings.Split(name, f.Delimiter)
}

// isInbox tells whether a folder is the account's INBOX (RFC 9051, 5.1).
func isInbox(f *mailhaul.Folder) bool { return strings.EqualFold(f.Name, inbox) }

// shorten returns the longest beginning of name for which spell gives no more
// than maxOctets, spelled, with a hash of the whole name behind it.
func shorten(name string, spell func(string) string) string {
	tail := "~" + hashOf(name)
	beginning := []rune(strings.ToValidUTF8(name[:min(len(name), maxOctets)], ""))
	for {
		if out := spell(string(beginning)) + tail; len(out) <= maxOctets || len(beginning) == 0 {
			return out
		}
		beginning = beginning[:len(beginning)-1]
	}
}

// asciiKey is the key of paths of ASCII.
func asciiKey(path string) string { return strings.ToLower(path) }

// unicodeKey is the key of paths of any text: without case, in one Unicode form,
// without joiners, which some file systems leave out.
func unicodeKey(path string) string {
	path = strings.NewReplacer("\u200c", "", "\u200d", "").Replace(path)
	return norm.NFKC.String(cases.Fold().String(norm.NFKD.String(path)))
}
