//go:build linux

package crashtest_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
)

// spoil changes an archive.
type spoil struct {
	name  string
	spoil func(dir string) error
	// recorded tells that it is seen in a cut-off archive already.
	recorded bool
}

// one returns the one file that matches a pattern below dir.
func one(dir, pattern string) (string, error) {
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err == nil && len(names) != 1 {
		err = fmt.Errorf("%d files match %s", len(names), pattern)
	}
	if err != nil {
		return "", err
	}
	return names[0], nil
}

// edit changes the content of the one file that matches a pattern.
func edit(pattern string, change func([]byte) []byte) func(string) error {
	return func(dir string) error {
		name, err := one(dir, pattern)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(name)
		return errors.Join(err, os.WriteFile(name, change(text), 0o600))
	}
}

// add makes a file, or one with the content of another.
func add(name, pattern string) func(string) error {
	return func(dir string) error {
		text := []byte("x")
		if pattern != "" {
			from, err := one(dir, pattern)
			if err != nil {
				return err
			}
			if text, err = os.ReadFile(from); err != nil {
				return err
			}
		}
		return os.WriteFile(filepath.Join(dir, name), text, 0o600)
	}
}

func cut(b []byte) []byte  { return b[:len(b)/2] }
func grow(b []byte) []byte { return append(b, "From half\n"...) }
func flip(b []byte) []byte {
	b[len(b)/2] ^= 1
	return b
}

func spoils(format string) []spoil {
	both := []spoil{
		{"log left over", add("mailhaul.db-wal", ""), false},
		{"lock left over", add("lock", ""), false},
		{"ledger damaged", edit("mailhaul.db", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("INBOX"), []byte("inbox")) }), true},
		{"ledger cut", edit("mailhaul.db", cut), true},
	}
	if format == "mbox" {
		return append(both,
			spoil{"file not cut back", edit("mail/Work.mbox", grow), false},
			spoil{"file cut", edit("mail/Work.mbox", cut), true},
			spoil{"octet changed", edit("mail/Work.mbox", flip), true},
			spoil{"message twice", edit("mail/INBOX.mbox", func(b []byte) []byte { return append(b, b...) }), false},
			spoil{"foreign file", add("mail/x.tmp", ""), false},
		)
	}
	const first = "mail/INBOX/cur/*V7U1Z*"
	return append(both,
		spoil{"half a message left in tmp", add("mail/INBOX/tmp/1", ""), false},
		spoil{"message twice", add("mail/INBOX/cur/"+strings.Replace(firstMail, "V7U1Z", "V7U3Z", 1)+":2,", first), false},
		spoil{"message in a foreign name", add("mail/INBOX/cur/1.x:2,", first), false},
		spoil{"message cut", edit(first, cut), true},
		spoil{"message empty", edit(first, func([]byte) []byte { return nil }), true},
		spoil{"octet changed", edit(first, flip), true},
		spoil{"message lost", func(dir string) error {
			name, err := one(dir, first)
			return errors.Join(err, os.Remove(name))
		}, true},
	)
}

// TestChecksCatch spoils an archive that is in order: the checks that all other
// tests rest on have to see each of it.
func TestChecksCatch(t *testing.T) {
	for _, format := range formats() {
		a := newAccount(t)
		for _, s := range spoils(format) {
			t.Run(format+"/"+s.name, func(t *testing.T) {
				// Each looks at an archive of its own: a look may change it.
				if _, err := checkRecorded(t.Context(), s.archive(t, a, format), a.mails(), 5); s.recorded != (err != nil) {
					t.Errorf("checkRecorded = %v", err)
				}
				if err := checkComplete(t.Context(), s.archive(t, a, format), a.mails(), nil); err == nil {
					t.Error("checkComplete saw nothing")
				}
			})
		}
		t.Run(format+"/what the server has", func(t *testing.T) { testOtherMail(t, a, format) })
	}
}

// archive makes an archive and spoils it.
func (s spoil) archive(t *testing.T, a *account, format string) (dir string) {
	t.Helper()
	dir = filepath.Join(scratch(t), "archive")
	if err := makeGood(t.Context(), dir, a, archive.Format(format)); err != nil {
		t.Fatal(err)
	}
	if err := s.spoil(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// testOtherMail holds a sound archive against a server that has something else.
func testOtherMail(t *testing.T, a *account, format string) {
	dir := filepath.Join(scratch(t), "archive")
	if err := makeGood(t.Context(), dir, a, archive.Format(format)); err != nil {
		t.Fatal(err)
	}
	k := key{"INBOX", 1}
	for name, change := range map[string]func(map[key]mail){
		"one more":       func(m map[key]mail) { m[key{"INBOX", 3}] = m[k] },
		"one less":       func(m map[key]mail) { delete(m, k) },
		"another digest": func(m map[key]mail) { m[k] = mail{size: m[k].size, flags: m[k].flags} },
		"other flags":    func(m map[key]mail) { m[k] = mail{m[k].digest, m[k].size, "$Other"} },
	} {
		mails := a.mails()
		change(mails)
		if err := checkComplete(t.Context(), dir, mails, nil); err == nil {
			t.Errorf("%s: checkComplete saw nothing", name)
		}
	}
	if _, err := checkRecorded(t.Context(), dir, a.mails(), 6); err == nil {
		t.Error("one more was said to be safe: checkRecorded saw nothing")
	}
}
