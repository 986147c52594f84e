package migrate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/filter"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// seeded is an account on Dovecot with some mail, seen through a line that
// counts commands, and its archive.
func seeded(t *testing.T, format archive.Format) (*world, *imaptest.Client, *imaptest.Line) {
	t.Helper()
	server := imaptest.Dovecot(t)
	user, password := server.User(t)
	client := imaptest.Dial(t, server, user, password)
	imaptest.Seed(t, client, sample.Set{Messages: 200, Octets: 1 << 20})
	line := imaptest.NewLine(t, server.Addr, imaptest.LineOptions{})
	w := &world{address: line.Addr, user: user, password: password, dir: t.TempDir(), format: format}
	if s := w.must(t); s.New != 200 {
		t.Fatalf("first run: %+v", s.Counts)
	}
	return w, client, line
}

// bodies counts the commands that fetched bodies, and the messages they named.
func bodies(line *imaptest.Line) (n int) {
	for _, c := range line.Commands() {
		if c.Name == "UID FETCH" && strings.Contains(c.Args, "BODY.PEEK[]") {
			n++
		}
	}
	return n
}

// TestNothingNew: a run without changes is a handful of commands; no folder is
// opened.
func TestNothingNew(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		w, _, line := seeded(t, format)
		before := tree(t, w.dir)
		line.Forget()
		if s := w.must(t); s.New+s.FlagsChanged+s.Gone != 0 || s.Messages != 200 {
			t.Errorf("%+v", s)
		}
		if n := len(line.Commands()); n > 8 {
			t.Errorf("%d commands: %v", n, line.Commands())
		}
		if n := line.Count("EXAMINE", "UID FETCH", "UID SEARCH"); n != 0 {
			t.Errorf("%d commands open or fetch", n)
		}
		if after := tree(t, w.dir); !slices.Equal(before, after) {
			t.Errorf("files changed:\n%v\n%v", before, after)
		}
	})
}

// tree lists the mail files of an archive.
func tree(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(dir, "mail"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, _ := d.Info()
			out = append(out, fmt.Sprint(path, info.Size(), info.ModTime()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestChurn: new mail is fetched, and nothing else; changed flags and deleted
// mail are found; what is deleted stays in the archive.
func TestChurn(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		w, client, line := seeded(t, format)
		check(t, client.Append("Archive/2020", sample.Mail{Flags: []string{`\Seen`, "new"}, InternalDate: "17-Jul-1996 02:44:25 -0700", Body: []byte("Subject: new\r\n\r\nbody\r\n")}))
		uids, err := client.UIDs("INBOX")
		check(t, err)
		check(t, client.Store("INBOX", fmt.Sprint(uids[0]), "FLAGS", `\Flagged`, "changed"))
		check(t, client.Store("INBOX", fmt.Sprint(uids[1]), "+FLAGS", `\Answered`))
		check(t, client.Delete("INBOX", fmt.Sprint(uids[2])))
		line.Forget()
		_, before := line.Octets()
		s := w.must(t)
		_, after := line.Octets()
		// UIDs 0 and 1 may have had the flag before; at least one changes.
		if s.New != 1 || s.FlagsChanged < 1 || s.FlagsChanged > 2 || s.Gone < 1 {
			t.Errorf("%+v", s.Counts)
		}
		if n := bodies(line); n != 1 || after-before > 20_000 {
			t.Errorf("%d commands fetched bodies, %d octets came", n, after-before)
		}
		w.same(t)
		if s := w.must(t); s.New+s.FlagsChanged+s.Gone != 0 {
			t.Errorf("the run after: %+v", s.Counts)
		}
	})
}

// TestFolders: folders that vanish stay, are marked, and may come back;
// folders that are renamed are not fetched again.
func TestFolders(t *testing.T) {
	formats(t, func(t *testing.T, format archive.Format) {
		w, client, line := seeded(t, format)
		check(t, client.Rename("Archive/2019", "Archive/Neunzehn"))
		check(t, client.DeleteFolder("Junk"))
		line.Forget()
		s := w.must(t)
		if n := bodies(line); n != 0 || s.New != 0 || s.Gone == 0 {
			t.Errorf("renamed and deleted: %d commands fetched bodies, %+v", n, s.Counts)
		}
		w.same(t)
		check(t, client.Create("Junk"))
		check(t, client.Append("Junk", sample.Mail{Body: []byte("Subject: back\r\n\r\nbody\r\n")}))
		check(t, client.Create("Archive/2019"))
		check(t, client.Append("Archive/2019", sample.Mail{Body: []byte("Subject: another\r\n\r\nbody\r\n")}))
		if s := w.must(t); s.New != 2 {
			t.Errorf("made anew: %+v", s.Counts)
		}
		w.same(t)
	})
}

// TestDryRun says what a run would do, and does nothing.
func TestDryRun(t *testing.T) {
	w, client, line := seeded(t, archive.Maildir)
	check(t, client.Append("INBOX", sample.Mail{Body: []byte("Subject: new\r\n\r\nbody\r\n")}))
	check(t, client.DeleteFolder("Junk"))
	before := tree(t, w.dir)
	line.Forget()
	w.options = migrate.Options{DryRun: true}
	s := w.must(t)
	if s.New != 1 || s.Gone == 0 || bodies(line) != 0 {
		t.Errorf("%+v", s)
	}
	if after := tree(t, w.dir); !slices.Equal(before, after) {
		t.Error("files changed")
	}
	w.options = migrate.Options{}
	if s := w.must(t); s.New != 1 {
		t.Errorf("the run after: %+v", s.Counts)
	}
}

// TestFilter: what is not chosen is neither fetched nor taken for gone.
func TestFilter(t *testing.T) {
	w, client, _ := seeded(t, archive.Maildir)
	check(t, client.DeleteFolder("Junk"))
	check(t, client.Append("INBOX", sample.Mail{Body: []byte("Subject: new\r\n\r\nbody\r\n")}))
	w.options = migrate.Options{Filter: filter.Filter{Include: []string{"Archive*"}}}
	if s := w.must(t); s.New != 0 || s.Gone != 0 {
		t.Errorf("%+v", s.Counts)
	}
	w.options = migrate.Options{Filter: filter.Filter{Include: []string{"Archive*", "Archiv"}}}
	if _, err := w.backup(t); err == nil || !strings.Contains(err.Error(), `"Archiv"`) {
		t.Errorf("a pattern that matches nothing: %v", err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
