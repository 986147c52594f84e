package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
)

// marked are messages with marks at both ends; the third one is large.
func marked() map[mailhaul.UID]string {
	texts := map[mailhaul.UID]string{}
	for uid := mailhaul.UID(1); uid <= 4; uid++ {
		n := 100
		if uid == 3 {
			n = 700 << 10
		}
		texts[uid] = fmt.Sprintf("Subject: begin-%d\r\n\r\n%s\r\nend-%d\r\n", uid, lines(n), uid)
	}
	return texts
}

// changeMark changes a mark of a marked message on disk.
func changeMark(t *testing.T, box, mark, to string) {
	t.Helper()
	if !strings.HasSuffix(box, ".mbox") {
		_, uid, _ := strings.Cut(mark, "-")
		box = one(t, box+"/cur", "U"+uid+"Z")
	}
	b, err := os.ReadFile(box)
	if err != nil {
		t.Fatal(err)
	}
	write(t, box, strings.Replace(string(b), mark, to, 1))
}

func TestSourceDamage(t *testing.T) {
	type uids = []mailhaul.UID
	change := func(mark, to string) func(*testing.T, string) {
		return func(t *testing.T, box string) { changeMark(t, box, mark, to) }
	}
	tests := map[string]struct {
		do            func(t *testing.T, box string)
		maildir, mbox uids // what is damaged by it
	}{
		"nothing":               {func(*testing.T, string) {}, nil, nil},
		"small, first octets":   {change("begin-1", "bogin-1"), uids{1}, uids{1}},
		"small, last octets":    {change("end-2", "and-2"), uids{2}, uids{2}},
		"small, octet less":     {change("end-2", "end2"), uids{2}, uids{2, 3, 4}},
		"small, octet more":     {change("end-2", "end--2"), uids{2}, uids{2, 3, 4}},
		"small, an end of line": {change("end-4", "en\n-4"), uids{4}, uids{4}},
		"large, first octets":   {change("begin-3", "bogin-3"), uids{3}, uids{3}},
		"large, last octets":    {change("end-3", "end-4"), uids{3}, uids{3}},
		"large, an end of line": {change("end-3", "en\n-3"), uids{3}, uids{3}},
		"large, octet less":     {change("end-3", "end3"), uids{3}, uids{3, 4}},
		"large, octet more":     {change("end-3", "end--3"), uids{3}, uids{3, 4}},
		"two of them":           {func(t *testing.T, b string) { change("end-1", "x-1")(t, b); change("end-3", "xxx-3")(t, b) }, uids{1, 3}, uids{1, 2, 3, 4}},
		"all gone": {func(t *testing.T, b string) {
			if err := os.RemoveAll(b); err != nil {
				t.Fatal(err)
			}
		}, uids{1, 2, 3, 4}, uids{1, 2, 3, 4}},
		"a link":   {moveAndLink, uids{1, 2, 3, 4}, uids{1, 2, 3, 4}},
		"file cut": {func(t *testing.T, b string) { truncate(t, file(t, b, 4), 1) }, uids{4}, uids{4}},
		"file empty": {func(t *testing.T, b string) { write(t, file(t, b, 3), "") },
			uids{3}, uids{1, 2, 3, 4}},
		"file gone": {func(t *testing.T, b string) { remove(t, file(t, b, 3)) },
			uids{3}, uids{1, 2, 3, 4}},
	}
	for title, test := range tests {
		for _, format := range formats {
			t.Run(title+"/"+string(format), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "archive")
				r := begin(t, dir, format)
				f := r.folder("A")
				for uid := range mailhaul.UID(4) {
					r.store(f, uid+1, []byte(marked()[uid+1]))
				}
				r.flush()
				r.end()
				test.do(t, filepath.Join(dir, "mail", f.Place))
				bad := test.maildir
				if format == archive.Mbox {
					bad = test.mbox
				}
				src := openToRead(t, dir).Source(archive.SourceOptions{})
				wantDamaged(t, fetch(t, src, mailhaul.Criteria{}), bad)
				wantIncomplete(t, src, bad)
				for _, into := range formats {
					wantCopied(t, src, into, bad)
				}
			})
		}
	}
}

// file returns the file of a message in the folder that lies at box.
func file(t *testing.T, box string, uid mailhaul.UID) string {
	t.Helper()
	if strings.HasSuffix(box, ".mbox") {
		return box
	}
	return one(t, box+"/cur", fmt.Sprintf("U%dZ", uid))
}

// wantDamaged fails unless the marked messages came, and for the bad ones an
// error that says all.
func wantDamaged(t *testing.T, g *got, bad []mailhaul.UID) {
	t.Helper()
	for uid, text := range marked() {
		key := fmt.Sprint("A ", uid)
		err, isBad := g.errs[key], slices.Contains(bad, uid)
		if isBad == (g.texts[key] == text) || isBad == (err == nil) {
			t.Errorf("UID %d: %d octets of %d, %v", uid, len(g.texts[key]), len(text), err)
		}
		if err == nil {
			continue
		}
		e, ok := errors.AsType[*mailhaul.Error](err)
		if !ok || e.Scope != mailhaul.ScopeMessage || e.Op != "read message" || e.Folder != "A" || e.UID != uid || !errors.Is(err, mailhaul.ErrDamaged) {
			t.Errorf("UID %d: the error is %#v: %v", uid, err, err)
		}
	}
}

// wantIncomplete fails when somebody who reads just the announced size takes a
// bad message for a good one, or is given a small one at all.
func wantIncomplete(t *testing.T, src mailhaul.Source, bad []mailhaul.UID) {
	t.Helper()
	err := src.Fetch(t.Context(), list(t, src, mailhaul.Criteria{}), func(m *mailhaul.Message) error {
		isBad := slices.Contains(bad, m.UID)
		if m.Err != nil {
			if !isBad || m.Body != nil {
				t.Errorf("UID %d: %v", m.UID, m.Err)
			}
			return nil
		}
		if isBad && m.Size <= 512<<10 {
			t.Errorf("UID %d begins although it is bad", m.UID)
		}
		if _, err := io.ReadFull(m.Body, make([]byte, m.Size)); isBad != (err != nil) {
			t.Errorf("UID %d: all octets are read: %v", m.UID, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// wantCopied fails when a target takes a bad message, or refuses a good one.
func wantCopied(t *testing.T, src mailhaul.Source, format archive.Format, bad []mailhaul.UID) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, format)
	defer r.end()
	f := r.folder("A")
	err := src.Fetch(t.Context(), list(t, src, mailhaul.Criteria{}), func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil
		}
		m.Folder = f
		err := r.a.Store(t.Context(), m)
		if isBad := slices.Contains(bad, m.UID); isBad != errors.Is(err, mailhaul.ErrDamaged) || isBad && mailhaul.ScopeOf(err) != mailhaul.ScopeMessage {
			t.Errorf("UID %d: %v", m.UID, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	r.flush()
	if len(r.got)+len(bad) != len(marked()) {
		t.Errorf("%s took %d messages", format, len(r.got))
	}
	for _, receipt := range r.got {
		if receipt.Digest != digest(marked()[receipt.UID]) {
			t.Errorf("%s took UID %d for something else", format, receipt.UID)
		}
	}
	wantClean(t, dir, int64(len(r.got)))
}

// TestSourceLedgerDamaged shows that a damaged ledger never makes wrong mail,
// nor less mail without a word.
func TestSourceLedgerDamaged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	sound(t, dir, archive.Maildir)
	ledger := dir + "/mailhaul.db"
	clean, err := os.ReadFile(ledger)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"A/B 1": header + "one\r\n", "A/B 2": "two\n", "A/B 3": "", "A/B 4": "four, no end", "A 1": header}
	for page := range len(clean) / 4096 {
		changed := bytes.Clone(clean)
		copy(changed[page*4096:], strings.Repeat("\xee", 4096))
		if err := os.WriteFile(ledger, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		g, err := fetchDamaged(t, dir)
		if err != nil && !errors.Is(err, mailhaul.ErrDamaged) {
			t.Errorf("page %d overwritten: %v", page, err)
		}
		if err == nil && len(g.texts) < len(want) {
			t.Errorf("page %d overwritten: %d messages came without an error", page, len(g.texts))
		}
		for key, text := range g.texts {
			if correct, known := want[key]; !known || text != correct {
				t.Errorf("page %d overwritten: %s is %q", page, key, text)
			}
		}
	}
}

// fetchDamaged fetches what comes, and returns the first error of any kind.
func fetchDamaged(t *testing.T, dir string) (*got, error) {
	t.Helper()
	g := newGot()
	a, err := archive.OpenReadOnly(t.Context(), dir)
	if err != nil {
		return g, err
	}
	defer a.Close()
	src := a.Source(archive.SourceOptions{Deleted: true})
	folders, err := src.Folders(t.Context())
	if err != nil {
		return g, err
	}
	var first error
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	var requests []mailhaul.ListRequest
	for _, f := range folders {
		requests = append(requests, mailhaul.ListRequest{Folder: f, Known: true})
	}
	var work []mailhaul.Work
	note(src.List(t.Context(), requests, func(l mailhaul.Listing) error {
		note(l.Err)
		work = append(work, mailhaul.Work{Folder: l.Folder, UIDs: l.Live})
		return nil
	}))
	note(src.Fetch(t.Context(), work, g.take))
	for _, errs := range []map[string]error{g.errs, g.folder} {
		for _, err := range errs {
			note(err)
		}
	}
	return g, first
}
