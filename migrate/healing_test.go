package migrate_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// onDovecot is an account with mail of all kinds on Dovecot, and its archive.
func onDovecot(t *testing.T, format archive.Format) (*world, *imaptest.Client) {
	t.Helper()
	server := imaptest.Dovecot(t)
	user, password := server.User(t)
	client := imaptest.Dial(t, server, user, password)
	imaptest.Seed(t, client, sample.Set{Messages: 120, Octets: 900_000})
	return &world{address: server.Addr, user: user, password: password, dir: t.TempDir(), format: format}, client
}

// lose removes the ledger and makes it anew, from what is left. It returns the
// archive's folders as they were, and as they are. In an mbox that was repaired
// parts are found that belong to no message.
func (w *world) lose(t *testing.T, repaired bool) (before, after []string) {
	t.Helper()
	before = w.folders(t)
	if err := os.Remove(filepath.Join(w.dir, "mailhaul.db")); err != nil {
		t.Fatal(err)
	}
	report, err := archive.Rebuild(t.Context(), w.dir, archive.RebuildOptions{
		Report: func(d archive.Damage) {
			if !repaired || w.format == archive.Maildir || !strings.Contains(d.Problem, "belong to no message now") {
				t.Errorf("rebuild found %+v", d)
			}
		},
	})
	if err != nil || report.Sound {
		t.Fatalf("%+v, %v", report, err)
	}
	w.verify(t)
	return before, w.folders(t)
}

// folders tells of an archive's folders all that a listing shows.
func (w *world) folders(t *testing.T) []string {
	t.Helper()
	a, err := archive.OpenReadOnly(t.Context(), w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	folders, err := a.Ledger().Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, f := range folders {
		list = append(list, fmt.Sprintf("%q %q %q %q %q %v %q %d %d %d", f.Name, f.Raw, f.Delimiter, f.Namespace, f.SpecialUse,
			f.Subscribed, f.Place, f.UIDValidity, f.Live, f.LiveOctets))
	}
	return list
}

// A ledger that is lost is made anew from the mail, and the next backup fetches
// nothing: what is known then is what is on the server.
func TestRebuild(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		w, client := onDovecot(t, format)
		w.must(t)
		w.same(t)
		before, after := w.lose(t, false)
		if !slices.Equal(before, after) {
			t.Errorf("folders were\n%s\nand are\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
		}
		if s := w.must(t); s.New != 0 || s.Gone != 0 {
			t.Errorf("%+v", s)
		}
		w.same(t)

		// What happens on the server between the loss and the next backup is seen.
		uids, err := client.UIDs("INBOX")
		if err != nil || len(uids) < 3 {
			t.Fatalf("%d messages, %v", len(uids), err)
		}
		deleted := strconv.FormatUint(uint64(uids[0]), 10)
		if err := client.Append("INBOX", sample.Mail{Body: []byte("Subject: new\r\n\r\nnew\r\n")}); err != nil {
			t.Fatal(err)
		}
		w.lose(t, false)
		if err := client.Delete("INBOX", deleted); err != nil {
			t.Fatal(err)
		}
		if err := client.Store("INBOX", strconv.FormatUint(uint64(uids[1]), 10), "+FLAGS", "later"); err != nil {
			t.Fatal(err)
		}
		if s := w.must(t); s.New != 1 || s.Gone != 1 {
			t.Errorf("%+v", s)
		}
		w.same(t)
	})
}

// Names of files and separator lines keep the UIDs with which messages were
// stored. Had the server given others since, they are recognised.
func TestRebuildAfterUIDValidity(t *testing.T) {
	for name, steps := range map[string]struct{ before, after uint32 }{
		"changed before the loss":   {2, 2},
		"changed after the loss":    {1, 2},
		"changed before and after":  {2, 3},
		"changed and changed back":  {2, 1},
		"never changed":             {1, 1},
		"changed, the old one lost": {2, 4},
	} {
		t.Run(name, func(t *testing.T) {
			formats(t, func(t *testing.T, format archive.Format) {
				folder := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 1}
				under := func(validity uint32, subjects ...string) {
					folder.UIDValidity, folder.Messages = validity, nil
					for i, s := range subjects {
						folder.Messages = append(folder.Messages, message(uint32(i+1)+10*validity, s, s))
					}
				}
				under(1, "one", "two", "three")
				w, server := scripted(t, format, imaptest.Script{Folders: []*imaptest.ScriptFolder{folder}})
				w.must(t)
				if steps.before != 1 {
					under(steps.before, "three", "new", "one", "two")
					w.must(t)
				}
				w.lose(t, false)
				subjects := []string{"three", "new", "one", "two"}
				if steps.before == 1 {
					subjects = []string{"one", "two", "three"}
				}
				switch {
				case steps.after == steps.before:
				case steps.after == 1: // with the UIDs that they had
					under(1, "one", "two", "three", "new")
				default:
					slices.Reverse(subjects)
					under(steps.after, subjects...)
				}
				from := len(server.Commands())
				s := w.must(t)
				if n := fetched(server, from); n != 0 || s.New != 0 {
					t.Errorf("%d commands fetched bodies, %+v", n, s)
				}
				w.same(t)
			})
		})
	}
}

// repair repairs the archive from the account.
func (w *world) repair(t *testing.T) archive.RepairReport {
	t.Helper()
	host, port, err := net.SplitHostPort(w.address)
	if err != nil {
		t.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	src, err := imapaccount.Open(t.Context(), imapaccount.Config{Host: host, Port: number, User: w.user, Password: w.password, Security: imapaccount.PlainText})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	a, err := archive.Open(t.Context(), w.dir, archive.Options{Account: w.user})
	if err != nil {
		t.Fatal(err)
	}
	report, err := a.Repair(t.Context(), archive.RepairOptions{Source: src})
	if err != nil {
		t.Error(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	return report
}

// A hundred octets of an archive are changed, one at a time, each in a message of
// its own: a hundred are found, named, and healed from the server; and then all of
// them at once.
func TestRepairFromServer(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		w, _ := onDovecot(t, format)
		w.must(t)
		random := rand.New(rand.NewPCG(7, 8))
		found, named, healed := 0, 0, 0
		for range 50 {
			uid := w.changeOctet(t, random)
			damages := w.damages(t)
			if len(damages) > 0 {
				found++
			}
			if len(damages) == 1 && damages[0].Folder+"/"+strconv.FormatUint(uint64(damages[0].UID), 10) == uid {
				named++
			}
			if r := w.repair(t); r.Damaged == 1 && r.Healed == 1 {
				healed++
			}
		}
		t.Logf("50 octets changed: %d found, %d named, %d healed", found, named, healed)
		if found != 50 || named != 50 || healed != 50 {
			t.Error("not all")
		}
		w.verify(t)
		w.same(t)
		changed := map[string]bool{}
		for range 50 {
			changed[w.changeOctet(t, random)] = true
		}
		if r := w.repair(t); r.Healed != int64(len(changed)) || r.Lost != 0 {
			t.Errorf("of %d at once: %+v", len(changed), r)
		}
		if s := w.must(t); s.New != 0 || s.Gone != 0 {
			t.Errorf("%+v", s)
		}
		w.same(t)
		if s, _ := w.lose(t, true); len(s) == 0 {
			t.Error("no folders")
		}
		if s := w.must(t); s.New != 0 {
			t.Errorf("after a rebuild %+v", s)
		}
		w.same(t)
	})
}

func (w *world) damages(t *testing.T) []archive.Damage {
	t.Helper()
	a, err := archive.OpenReadOnly(t.Context(), w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var found []archive.Damage
	if _, err := a.Verify(t.Context(), func(int64, int64) {}, func(d archive.Damage) { found = append(found, d) }); err != nil {
		t.Fatal(err)
	}
	return found
}

// changeOctet changes one octet of a message in the archive's files and tells of
// which, by folder and UID.
func (w *world) changeOctet(t *testing.T, random *rand.Rand) string {
	t.Helper()
	a, err := archive.OpenReadOnly(t.Context(), w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	folders, err := a.Ledger().Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	type part struct {
		name, file string
		begin, end int64
	}
	var parts []part
	for _, f := range folders {
		for m, err := range a.Ledger().Messages(t.Context(), f.ID) {
			if err != nil {
				t.Fatal(err)
			}
			p := part{fmt.Sprint(f.Name, "/", m.UID), filepath.Join(w.dir, "mail", f.Place), m.Offset, m.Offset + m.Stored}
			if w.format == archive.Maildir {
				p.file = fileOf(t, p.file, m.Place)
			}
			if m.Stored > 0 {
				parts = append(parts, p)
			}
		}
	}
	p := parts[random.IntN(len(parts))]
	text, err := os.ReadFile(p.file)
	if err != nil {
		t.Fatal(err)
	}
	text[p.begin+random.Int64N(p.end-p.begin)] ^= 1 << random.IntN(8)
	if err := os.WriteFile(p.file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return p.name
}

// fileOf finds the file of a message in a Maildir.
func fileOf(t *testing.T, dir, base string) string {
	t.Helper()
	found := ""
	err := filepath.WalkDir(filepath.Join(dir, "cur"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), base) {
			found = path
		}
		return err
	})
	if err != nil || found == "" {
		t.Fatalf("no file %s: %v", base, err)
	}
	return found
}
