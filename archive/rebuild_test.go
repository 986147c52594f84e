package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/archive/maildir"
)

// texts are messages of each kind that is stored differently.
func texts() []string {
	return []string{
		header + "one\r\n", "two\n", "", "four, no end", "\r\n", "\n", "\r", "a\r\nb", "a\r\nb\nc\r\n",
		header + "From me\r\n>From you\r\n>>>>From all\r\n\r\nFrom 7.2.+0000.9L@mailhaul Thu Jan  1 00:00:00 1970\r\n",
		"From the start\r\n", strings.Repeat(">", 200_000) + "From far\r\n", "\x00\xff" + strings.Repeat("long", 40_000),
		header + lines(700_000), "no date\r\n",
	}
}

// filledArchive makes an archive with all kinds of messages, flags and folders.
func filledArchive(t *testing.T, dir string, format archive.Format) {
	t.Helper()
	r := begin(t, dir, format)
	inbox, sent := r.folder("INBOX"), &mailhaul.Folder{Name: "Wörk/..", Raw: "W&APY-rk/..", Delimiter: "/", SpecialUse: `\Sent`,
		Subscribed: true, UIDValidity: 1 << 31}
	flat, empty := &mailhaul.Folder{Name: "INBOX.a\xff~2", Delimiter: ".", UIDValidity: 9}, r.folder("Empty")
	r.prepare(sent, flat, empty)
	for i, text := range texts() {
		m := message(inbox, mailhaul.UID(2*i+1), []byte(text))
		m.Flags = mailhaul.MakeFlags([]string{`\Seen`, `\Flagged`, "$Forwarded", ""}[i%4])
		if text == "no date\r\n" {
			m.InternalDate = time.Time{}
		}
		if err := r.a.Store(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for uid := range mailhaul.UID(40) {
		r.store(sent, uid+1, []byte(fmt.Sprint(header, uid, "\r\n")))
	}
	r.store(flat, 4294967295, []byte("x"))
	r.flush()
	r.end()
}

// ledgerOf is all that a ledger says of folders and messages and that a rebuilt one
// has to say, too: of flags only what the format carries.
func ledgerOf(t *testing.T, dir string, allFlags bool) []string {
	t.Helper()
	a, err := archive.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	folders, err := a.Ledger().Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range folders {
		all = append(all, fmt.Sprintf("%q %q %q %q %v %v %d %q %d %d %d", f.Name, f.Raw, f.Delimiter, f.SpecialUse, f.Subscribed,
			f.GoneRun != 0, f.UIDValidity, f.Place, f.Live, f.LiveOctets, f.StoredEnd))
		for m, err := range a.Ledger().Messages(t.Context(), f.ID) {
			if err != nil {
				t.Fatal(err)
			}
			flags := string(m.Flags)
			switch {
			case allFlags:
			case a.Format() == archive.Maildir:
				flags = string(maildir.Flags(maildir.Info(m.Flags)))
			default:
				flags = ""
			}
			all = append(all, fmt.Sprintf("%q: %d.%d %s %d %d %d %x %x %d %q %v %s", f.Name, m.UIDValidity, m.UID, m.InternalDate, m.Size,
				m.Stored, m.Offset, m.Digest, m.Fingerprint, m.LineEnds, m.Place, m.GoneRun != 0, flags))
		}
	}
	return all
}

func rebuild(t *testing.T, dir string, o archive.RebuildOptions) (archive.RebuildReport, []archive.Damage) {
	t.Helper()
	var found []archive.Damage
	o.Report = func(d archive.Damage) { found = append(found, d) }
	report, err := archive.Rebuild(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if report.Found != int64(len(found)) {
		t.Errorf("%d findings are counted, %d told", report.Found, len(found))
	}
	return report, found
}

func wantSame(t *testing.T, got, want []string) {
	t.Helper()
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("lost: %s", line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("new:  %s", line)
		}
	}
}

// A ledger that is lost comes back from the mail, with all that files carry.
func TestRebuildLost(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			filledArchive(t, dir, format)
			want := ledgerOf(t, dir, false)
			remove(t, dir+"/mailhaul.db")
			if _, err := archive.OpenReadOnly(t.Context(), dir); !errors.Is(err, mailhaul.ErrDamaged) {
				t.Errorf("without a ledger: %v", err)
			}
			report, found := rebuild(t, dir, archive.RebuildOptions{})
			messages := int64(len(texts()) + 41)
			if report.Messages != messages || report.Folders != 4 || len(found) > 0 || report.Kept != "" ||
				report.Account != "me@mail.example.org" || report.Format != format {
				t.Errorf("%+v, found %+v", report, found)
			}
			wantSame(t, ledgerOf(t, dir, false), want)
			wantClean(t, dir, messages)
			r := begin(t, dir, format)
			r.store(r.folder("INBOX"), 1000, []byte("new\r\n"))
			r.flush()
			r.end()
			wantClean(t, dir, messages+1)
		})
	}
}

// Without folders.txt names come from paths, and the account must be said.
func TestRebuildWithoutNames(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			filledArchive(t, dir, format)
			for _, name := range []string{"/mailhaul.db", "/folders.txt"} {
				remove(t, dir+name)
			}
			if _, err := archive.Rebuild(t.Context(), dir, archive.RebuildOptions{}); !errors.Is(err, mailhaul.ErrUsage) {
				t.Errorf("without an account: %v", err)
			}
			remove(t, dir+"/README.txt")
			report, _ := rebuild(t, dir, archive.RebuildOptions{Account: "me@mail.example.org"})
			if report.GuessedNames != 4 || report.Format != format {
				t.Errorf("%+v", report)
			}
			var names []string
			for _, line := range ledgerOf(t, dir, false) {
				if name, _, _ := strings.Cut(line, " "); !strings.HasSuffix(name, ":") {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != `"Empty" "INBOX" "INBOX/a\xff~2" "Wörk/.."` {
				t.Errorf("folders %s", got)
			}
			wantClean(t, dir, int64(len(texts())+41))
		})
	}
}

// What can be read of a damaged ledger is used: whichever page is bad, all
// messages are there, and the old ledger is kept.
func TestRebuildDamaged(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			filledArchive(t, dir, format)
			want := ledgerOf(t, dir, false)
			all := ledgerOf(t, dir, true)
			clean, err := os.ReadFile(dir + "/mailhaul.db")
			if err != nil {
				t.Fatal(err)
			}
			kept, exact := 0, 0
			for page := range len(clean) / 4096 {
				changed := bytes.Clone(clean)
				copy(changed[page*4096:], strings.Repeat("\xee", 4096))
				write(t, dir+"/mailhaul.db", string(changed))
				report, found := rebuild(t, dir, archive.RebuildOptions{})
				if report.Sound { // the page was not in use
					continue
				}
				kept++
				old, err := os.ReadFile(filepath.Join(dir, report.Kept))
				if err != nil || !bytes.Equal(old, changed) {
					t.Errorf("page %d: the old ledger is not kept in %q: %v", page, report.Kept, err)
				}
				if report.Missing > 0 || report.Messages != int64(len(texts())+41) {
					t.Errorf("page %d: %+v, %+v", page, report, found)
				}
				wantSame(t, ledgerOf(t, dir, false), want)
				wantClean(t, dir, report.Messages)
				if slices.Equal(ledgerOf(t, dir, true), all) {
					exact++
				}
			}
			t.Logf("%d of %d bad pages made a new ledger, %d with all flags", kept, len(clean)/4096, exact)
			if kept == 0 || exact == 0 {
				t.Error("nothing was rebuilt, or nothing salvaged")
			}
		})
	}
}

// A sound ledger is left alone unless it is to be given up.
func TestRebuildSound(t *testing.T) {
	for _, format := range formats {
		dir := filepath.Join(t.TempDir(), "archive")
		filledArchive(t, dir, format)
		want := ledgerOf(t, dir, true)
		if report, _ := rebuild(t, dir, archive.RebuildOptions{}); !report.Sound || report.Messages != 0 {
			t.Errorf("%+v", report)
		}
		report, found := rebuild(t, dir, archive.RebuildOptions{Force: true})
		if report.Sound || report.Known != report.Messages || len(found) > 0 || report.Runs != 1 || report.Kept != "quarantine/mailhaul.db" {
			t.Errorf("%+v, %+v", report, found)
		}
		wantSame(t, ledgerOf(t, dir, true), want)
		wantClean(t, dir, report.Messages)
	}
}

// Octets of an mbox are changed and the ledger is lost: all other messages come
// back, and what was changed is still in the file or in the quarantine.
func TestRebuildDamagedBox(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	filledArchive(t, dir, archive.Mbox)
	want := ledgerOf(t, dir, false)
	box := dir + "/mail/INBOX.mbox"
	clean, err := os.ReadFile(box)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 30 {
		changed := bytes.Clone(clean)
		switch round % 3 {
		case 0:
			changed[random.IntN(len(changed))] ^= 1 << random.IntN(8)
		case 1: // in a separator
			at := bytes.Index(changed, fmt.Appendf(nil, "From 7.%d.", 2*random.IntN(len(texts()))+1))
			changed[at+random.IntN(60)] ^= 1 << random.IntN(7)
		default: // cut off
			changed = changed[:random.IntN(len(changed))]
		}
		write(t, box, string(changed))
		if err := os.Remove(dir + "/mailhaul.db"); err != nil {
			t.Fatal(err)
		}
		report, _ := rebuild(t, dir, archive.RebuildOptions{})
		_, found := verify(t, dir)
		if len(found) > 0 {
			t.Errorf("round %d: verify found %+v", round, found)
		}
		lost := 0
		got := ledgerOf(t, dir, false)
		for _, line := range want {
			if !slices.Contains(got, line) && strings.HasPrefix(line, `"INBOX": `) {
				lost++
			}
		}
		if lost > 2 && round%3 != 2 {
			t.Errorf("round %d: %d messages lost for one octet, %+v", round, lost, report)
		}
	}
}
