package archive_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
)

func TestSetFlags(t *testing.T) {
	seen := mailhaul.MakeFlags(`\Seen`)
	tests := map[string]struct {
		rename   string // what another program makes of ":2,PS"
		new      mailhaul.Flags
		want     string
		notThere bool
	}{
		"more":                        {"", mailhaul.MakeFlags(`\Seen`, `\Flagged`, `\Deleted`), ":2,FST", false},
		"none":                        {"", "", ":2,", false},
		"keywords only":               {"", mailhaul.MakeFlags(`\Seen`, "$Forwarded", "other"), ":2,PS", false},
		"changed by another program":  {":2,FRSab", seen, ":2,Sab", false},
		"as another program has them": {":2,S", seen, ":2,S", false},
		"info part gone":              {":", seen, ":2,S", false},
		"file gone":                   {"", seen, "", true},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			r := begin(t, dir, archive.Maildir)
			f := r.folder("INBOX")
			r.store(f, 1, []byte(header))
			r.store(f, 2, []byte(header+"other"))
			r.flush()
			cur := filepath.Join(dir, "mail", f.Place, "cur")
			if test.rename != "" {
				rename(t, one(t, cur, "U1Z"), test.rename)
			}
			if test.notThere {
				remove(t, one(t, cur, "U1Z"))
			}
			changes, err := r.a.Ledger().SetFlags(t.Context(), r.id, f, []mailhaul.UIDFlags{{UID: 1, Flags: test.new}})
			if err != nil {
				t.Fatal(err)
			}
			if err := r.a.SetFlags(t.Context(), f, changes); err != nil {
				t.Fatal(err)
			}
			if !test.notThere {
				if got := one(t, cur, "U1Z"); !strings.HasSuffix(got, test.want) {
					t.Errorf("the file is %s, want %s", got, test.want)
				}
				if got, err := text(t, r.a, "INBOX", 1); err != nil || string(got) != header {
					t.Errorf("read back %q, %v", got, err)
				}
			}
			if got := one(t, cur, "U2Z"); !strings.HasSuffix(got, ":2,PS") {
				t.Errorf("the other message's file became %s", got)
			}
			r.end()
			if _, found := verify(t, dir); (len(found) > 0) != test.notThere {
				t.Errorf("verify found %+v", found)
			}
		})
	}
}

func TestSetFlagsOfMbox(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, archive.Mbox)
	f := r.folder("INBOX")
	r.store(f, 1, []byte(header))
	r.flush()
	path := filepath.Join(dir, "mail", f.Place)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changes := []mailhaul.FlagChange{{UID: 1, Old: mailhaul.MakeFlags(`\Seen`)}}
	if err := r.a.SetFlags(t.Context(), f, changes); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || !slices.Equal(before, after) {
		t.Errorf("the file was changed: %v", err)
	}
	r.end()
}

// A place and names that come from a ledger that somebody changed lead nowhere.
func TestSetFlagsRefuses(t *testing.T) {
	base := t.TempDir()
	write(t, base+"/victim:2,", "precious")
	r := begin(t, filepath.Join(base, "archive"), archive.Maildir)
	f := r.folder("INBOX")
	name := "../../../../victim"
	err := r.a.SetFlags(t.Context(), f, []mailhaul.FlagChange{{UID: 1, Place: name, New: mailhaul.MakeFlags(`\Seen`)}})
	if err == nil {
		t.Error("a name that leads out of the folder was renamed")
	}
	f.Place = "../.."
	if err := r.a.SetFlags(t.Context(), f, []mailhaul.FlagChange{{UID: 1, Place: "x", New: mailhaul.MakeFlags(`\Seen`)}}); err == nil {
		t.Error("a place that leads out of the archive was taken")
	}
	if _, err := os.Stat(base + "/victim:2,"); err != nil {
		t.Error(err)
	}
	r.close()
}
