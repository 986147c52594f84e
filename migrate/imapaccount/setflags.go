package imapaccount

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// SetFlags implements mailhaul.Holder.
func (t *Target) SetFlags(ctx context.Context, f *mailhaul.Folder, changes []mailhaul.FlagChange) error {
	wanted := map[mailhaul.UID]mailhaul.FlagChange{}
	var uids mailhaul.UIDSet
	for _, c := range changes {
		if uid := mailhaul.UIDAt(c.Place); uid != 0 {
			wanted[uid] = c
			uids.AddRange(mailhaul.UIDRange{First: uid, Last: uid})
		}
	}
	if uids.Empty() {
		return nil
	}
	kept := 0
	err := t.withRetry(ctx, func(s *session) error {
		w := &flagWriter{s: s, wanted: wanted, reader: fetchReader{map[string]mailhaul.Flags{}}}
		kept = 0
		err := w.open(f.At)
		for rest := uids; err == nil && !rest.Empty(); {
			var n int
			n, err = w.chunk(rest.Cut(maxChunk, maxRanges))
			kept += n
		}
		if isRefusal(err) {
			err = folderError("set flags in", f.At, err)
		}
		return err
	})
	if err == nil && kept > 0 {
		t.config.Notice(fmt.Sprintf("folder %q: the flags of %d messages were changed in the account meanwhile and stay as they are", f.At.Name, kept))
	}
	return err
}

// flagWriter sets flags in one folder.
type flagWriter struct {
	s        *session
	wanted   map[mailhaul.UID]mailhaul.FlagChange
	reader   fetchReader
	storable map[string]bool // PERMANENTFLAGS, in lower case; nil for all
}

// open opens the folder for writing.
func (w *flagWriter) open(at *mailhaul.Folder) error {
	name, ok := quoteName(at.Raw)
	if !ok {
		return errSyntax
	}
	w.s.opened = ""
	tag := w.s.send("SELECT " + name)
	if err := w.s.conn.Flush(); err != nil {
		return err
	}
	return w.s.wait(tag, maxTold, maxLine, func(_ uint32, word string, r *response) error {
		if word == "OK" && r.code() == "PERMANENTFLAGS" {
			return w.readStorable(r)
		}
		return nil
	})
}

// readStorable reads which flags can be stored (RFC 9051, 7.1); \* stands for
// any keyword.
func (w *flagWriter) readStorable(r *response) error {
	w.storable = map[string]bool{}
	if !r.eat('(') {
		return r.syntax("a list of flags")
	}
	for r.blanks(); !r.eat(')'); r.blanks() {
		flag := strings.ToLower(string(r.word()))
		if flag == "" {
			return r.syntax("a flag")
		}
		w.storable[flag] = true
	}
	return nil
}

// canonical is what of a set of flags the account can tell apart.
func (w *flagWriter) canonical(flags mailhaul.Flags) string {
	var list []string
	for _, f := range flags.List() {
		f = strings.ToLower(f)
		if w.storable == nil || w.storable[f] || f[0] != '\\' && w.storable[`\*`] {
			list = append(list, f)
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// chunk sets the flags of some messages and returns how many it left alone.
func (w *flagWriter) chunk(uids mailhaul.UIDSet) (kept int, err error) {
	now, err := w.now(uids)
	if err != nil {
		return 0, err
	}
	byFlags := map[mailhaul.Flags]*mailhaul.UIDSet{}
	for uid, flags := range now {
		c := w.wanted[uid]
		switch w.canonical(flags) {
		case w.canonical(c.New):
			continue
		case w.canonical(c.Old):
			if byFlags[c.New] == nil {
				byFlags[c.New] = &mailhaul.UIDSet{}
			}
			byFlags[c.New].Add(uid)
		default:
			kept++
		}
	}
	var tags []string
	flags := slices.Sorted(maps.Keys(byFlags))
	for _, f := range flags {
		tags = append(tags, w.s.send(fmt.Sprintf("UID STORE %s FLAGS.SILENT (%s)", byFlags[f], f)))
	}
	if err := w.s.conn.Flush(); err != nil {
		return kept, err
	}
	refusals := make([]error, len(tags))
	for i, tag := range tags {
		err := w.s.wait(tag, maxTold, maxLine, ignore)
		if err != nil && !isRefusal(err) {
			return kept, err
		}
		refusals[i] = err
	}
	for i, refusal := range refusals { // all is answered: there is room for other commands
		if refusal == nil {
			continue
		}
		if err := w.without(*byFlags[flags[i]], flags[i], refusal); err != nil {
			return kept, err
		}
	}
	return kept, nil
}

// without sets system flags only where a keyword was the reason for a refusal.
func (w *flagWriter) without(uids mailhaul.UIDSet, flags mailhaul.Flags, refusal error) error {
	system := slices.DeleteFunc(flags.List(), func(f string) bool { return f[0] != '\\' })
	if len(system) == len(flags.List()) {
		return refusal
	}
	tag := w.s.send(fmt.Sprintf("UID STORE %s FLAGS.SILENT (%s)", uids, strings.Join(system, " ")))
	if err := w.s.conn.Flush(); err != nil {
		return err
	}
	return w.s.wait(tag, maxTold, maxLine, ignore)
}

// now asks for the flags that messages have.
func (w *flagWriter) now(uids mailhaul.UIDSet) (map[mailhaul.UID]mailhaul.Flags, error) {
	tag := w.s.send("UID FETCH " + uids.String() + " (UID FLAGS)")
	if err := w.s.conn.Flush(); err != nil {
		return nil, err
	}
	now := map[mailhaul.UID]mailhaul.Flags{}
	err := w.s.wait(tag, maxTold, maxLine, func(_ uint32, word string, r *response) error {
		if word != "FETCH" {
			return nil
		}
		got, err := w.reader.read(r, nil)
		if err == nil && got.hasFlags && uids.Contains(got.uid) {
			now[got.uid] = got.flags
		}
		return err
	})
	return now, err
}
