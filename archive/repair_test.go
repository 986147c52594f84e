package archive_test

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
)

// server is a copy of an archive that gives its mail as a server would.
func server(t *testing.T, dir string) mailhaul.Source {
	t.Helper()
	return copyOf(t, dir).Source(archive.SourceOptions{})
}

func copyOf(t *testing.T, dir string) *archive.Archive {
	t.Helper()
	whole := filepath.Join(t.TempDir(), "whole")
	if err := os.CopyFS(whole, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	a, err := archive.OpenReadOnly(t.Context(), whole)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func repair(t *testing.T, dir string, o archive.RepairOptions) (archive.RepairReport, []archive.Repaired) {
	t.Helper()
	a, err := archive.Open(t.Context(), dir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var told []archive.Repaired
	o.Report = func(x archive.Repaired) { told = append(told, x) }
	report, err := a.Repair(t.Context(), o)
	if err := errors.Join(err, a.Close()); err != nil {
		t.Fatal(err)
	}
	return report, told
}

// quarantined returns all that is in the quarantine, by path.
func quarantined(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(filepath.Join(dir, "quarantine"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir+"/")] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Whatever octet of the mail is changed: it is found, its message is named, and
// healed by the server; what was there is kept.
func TestRepairEachOctet(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			clean := filepath.Join(t.TempDir(), "archive")
			filledArchive(t, clean, format)
			want, source := bodies(t, clean), server(t, clean)
			random := rand.New(rand.NewPCG(5, 6))
			found, named, healed := 0, 0, 0
			for round := range 50 {
				dir := filepath.Join(t.TempDir(), "archive")
				if err := os.CopyFS(dir, os.DirFS(clean)); err != nil {
					t.Fatal(err)
				}
				path, changed := changeOctet(t, dir, random)
				_, damages := verify(t, dir)
				if len(damages) > 0 {
					found++
				}
				if len(damages) == 1 && damages[0].Row != nil {
					named++
				}
				report, told := repair(t, dir, archive.RepairOptions{Source: source})
				_, left := verify(t, dir)
				if len(left) == 0 && maps.Equal(bodies(t, dir), want) && report.Healed == 1 {
					healed++
				} else {
					t.Errorf("round %d, %s: found %+v, repair says %+v, %+v, left: %+v", round, path, damages, report, told, left)
				}
				if format == archive.Maildir && quarantined(t, dir)[told[0].Aside] != changed {
					t.Errorf("round %d: %q does not hold what was replaced", round, told[0].Aside)
				}
			}
			t.Logf("50 octets changed: %d found, %d named, %d healed", found, named, healed)
			if found != 50 || named != 50 || healed != 50 {
				t.Error("not all")
			}
		})
	}
}

// changeOctet changes one octet of an archive's mail, any with the same chance. It
// returns the file, and what is in it now.
func changeOctet(t *testing.T, dir string, random *rand.Rand) (path, changed string) {
	t.Helper()
	var paths []string
	var ends []int
	all := 0
	err := filepath.WalkDir(dir+"/mail", func(path string, d fs.DirEntry, err error) error {
		if info, infoErr := d.Info(); infoErr == nil && d.Type().IsRegular() {
			all += int(info.Size())
			paths, ends = append(paths, path), append(ends, all)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	at := random.IntN(all)
	i, _ := slices.BinarySearch(ends, at+1)
	text, err := os.ReadFile(paths[i])
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-(ends[i]-at)] ^= 1 << random.IntN(8)
	write(t, paths[i], string(text))
	return paths[i], string(text)
}

// bodies are all messages of an archive.
func bodies(t *testing.T, dir string) map[string]string {
	t.Helper()
	a, err := archive.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	all := map[string]string{}
	folders, err := a.Ledger().Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		for m, err := range a.Ledger().Messages(t.Context(), f.ID) {
			if err != nil {
				t.Fatal(err)
			}
			body, err := readAll(t, a, f, m)
			if err != nil {
				t.Error(err)
			}
			all[f.Name+"/"+strconv.FormatUint(uint64(m.UID), 10)] = string(body)
		}
	}
	return all
}

// Each kind of damage that files can have is healed, by a server and by another
// archive, and by a repair that comes after one that was cut off.
func TestRepairFiles(t *testing.T) {
	find := func(t *testing.T, box, text string) int {
		b, err := os.ReadFile(box)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Index(b, []byte(text))
	}
	tests := map[archive.Format]map[string]struct {
		change func(t *testing.T, box string)
		heals  int64
		leaves int // what is not mailhaul's is left alone
	}{
		archive.Maildir: {
			"nothing": {func(*testing.T, string) {}, 0, 0},
			"octet changed, flags too": {func(t *testing.T, b string) {
				p := one(t, b+"/cur", "U1Z")
				splice(t, p, 3, 1, "X")
				rename(t, p, ":2,")
			}, 1, 0},
			"octet changed, in new": {func(t *testing.T, b string) {
				p := one(t, b+"/cur", "U1Z")
				splice(t, p, 3, 1, "X")
				moveTo(t, p, b+"/new/")
			}, 1, 0},
			"octet more":         {func(t *testing.T, b string) { appendTo(t, one(t, b+"/cur", "U2Z"), "x") }, 1, 0},
			"file gone":          {func(t *testing.T, b string) { remove(t, one(t, b+"/cur", "U3Z")) }, 1, 0},
			"link instead":       {func(t *testing.T, b string) { p := one(t, b+"/cur", "U3Z"); remove(t, p); symlink(t, "/dev/null", p) }, 1, 0},
			"file of ours":       {func(t *testing.T, b string) { write(t, b+"/cur/"+orphanName(7, 99, "x"), "x") }, 0, 0},
			"file in tmp":        {func(t *testing.T, b string) { write(t, b+"/tmp/1.2.host", "x") }, 0, 1},
			"file of a stranger": {func(t *testing.T, b string) { write(t, b+"/cur/1.2.host:2,", "x") }, 0, 1},
			"file twice":         {func(t *testing.T, b string) { copyFile(t, one(t, b+"/cur", "U2Z"), b+"/new/") }, 0, 0},
			"all gone": {func(t *testing.T, b string) {
				if err := os.RemoveAll(b); err != nil {
					t.Fatal(err)
				}
			}, 4, 0},
			"folder a link": {func(t *testing.T, b string) { moveAndLink(t, b) }, 0, 5},
		},
		archive.Mbox: {
			"nothing":           {func(*testing.T, string) {}, 0, 0},
			"octet changed":     {func(t *testing.T, b string) { splice(t, b, find(t, b, "two"), 1, "T") }, 1, 0},
			"separator changed": {func(t *testing.T, b string) { splice(t, b, find(t, b, "7.2."), 4, "7.3.") }, 1, 0},
			"octets behind":     {func(t *testing.T, b string) { appendTo(t, b, "mine") }, 0, 0},
			"cut":               {func(t *testing.T, b string) { truncate(t, b, 3) }, 1, 0},
			"cut at a message":  {func(t *testing.T, b string) { truncate(t, b, int64(fileSize(t, b)-find(t, b, "From 7.4."))) }, 1, 0},
			"emptied":           {func(t *testing.T, b string) { write(t, b, "") }, 4, 0},
			"gone":              {remove, 4, 0},
			"a link":            {func(t *testing.T, b string) { moveAndLink(t, b) }, 0, 4},
			"shifted":           {func(t *testing.T, b string) { splice(t, b, find(t, b, "From 7.2."), 0, "mine\n") }, 3, 0},
		},
	}
	for format, ofFormat := range tests {
		for title, test := range ofFormat {
			t.Run(string(format)+"/"+title, func(t *testing.T) {
				for _, by := range []string{"server", "archive"} {
					dir := filepath.Join(t.TempDir(), "archive")
					box := sound(t, dir, format)
					o := archive.RepairOptions{Archive: copyOf(t, dir)}
					if by == "server" {
						o = archive.RepairOptions{Source: server(t, dir)}
					}
					want := bodies(t, dir)
					test.change(t, box)
					report, told := repair(t, dir, o)
					if report.Healed != test.heals || report.Healed+report.Lost != report.Damaged {
						t.Errorf("by %s: %+v, %+v", by, report, told)
					}
					_, found := verify(t, dir)
					if len(found) != test.leaves {
						t.Errorf("by %s: left: %+v; told %+v", by, found, told)
					}
					if test.leaves > 1 {
						continue
					}
					for name, text := range bodies(t, dir) {
						if want[name] != text {
							t.Errorf("by %s: %s is %q now", by, name, text)
						}
					}
					if report, _ := repair(t, dir, o); report.Damaged > 0 {
						t.Errorf("by %s: a second repair finds %+v", by, report)
					}
				}
			})
		}
	}
}

func fileSize(t *testing.T, path string) int {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size())
}

// A message that is nowhere else stays as it is and is marked; the rest is healed.
// When it is there again the mark goes.
func TestRepairLost(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			box := sound(t, dir, format)
			empty := filepath.Join(t.TempDir(), "archive")
			begin(t, empty, format).end()
			if format == archive.Maildir {
				box = one(t, box+"/cur", "U2Z")
			}
			text, err := os.ReadFile(box)
			if err != nil {
				t.Fatal(err)
			}
			splice(t, box, bytes.Index(text, []byte("two")), 1, "T")
			// Nobody is asked: it is not lost yet.
			if report, told := repair(t, dir, archive.RepairOptions{}); report.Lost != 1 || !strings.Contains(told[0].Why, "was not asked") {
				t.Errorf("%+v, %+v", report, told)
			}
			if _, found := verify(t, dir); len(found) != 1 || found[0].Marked != 0 {
				t.Errorf("found %+v", found)
			}
			report, told := repair(t, dir, archive.RepairOptions{Source: server(t, empty)})
			if report.Lost != 1 || len(told) != 1 || told[0].Healed || told[0].Why != "it is nowhere else" {
				t.Errorf("%+v, %+v", report, told)
			}
			_, found := verify(t, dir)
			if len(found) != 1 || found[0].UID != 2 || found[0].Marked != 3 {
				t.Errorf("found %+v", found)
			}
			if len(quarantined(t, dir)) > 0 {
				t.Error("something was put aside for nothing")
			}
			if err := os.WriteFile(box, text, 0o600); err != nil {
				t.Fatal(err)
			}
			repair(t, dir, archive.RepairOptions{})
			splice(t, box, bytes.Index(text, []byte("two")), 1, "T")
			if _, found := verify(t, dir); len(found) != 1 || found[0].Marked != 0 {
				t.Errorf("marked although it was sound: %+v", found)
			}
		})
	}
}

// A server that has another message under the UID, or another UIDVALIDITY, heals
// nothing and spoils nothing; another folder's copy heals.
func TestRepairFromOthers(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			other := filepath.Join(t.TempDir(), "other")
			r := begin(t, other, format)
			same := r.folder("A/B")
			r.store(same, 1, []byte(header+"onE\r\n")) // of the same size
			r.store(same, 2, []byte("other size"))
			r.flush()
			r.end()
			dir := filepath.Join(t.TempDir(), "archive")
			r = begin(t, dir, format)
			f := r.folder("A/B")
			r.store(f, 1, []byte(header+"one\r\n"))
			r.store(f, 2, []byte("two"))
			r.store(f, 3, []byte("three"))
			r.store(r.folder("Copy"), 9, []byte("three"))
			r.flush()
			r.end()
			for _, word := range []string{"one", "two", "three"} {
				path := filepath.Join(dir, "mail", f.Place)
				if format == archive.Maildir {
					path = one(t, path+"/cur", map[string]string{"one": "U1Z", "two": "U2Z", "three": "U3Z"}[word])
				}
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				splice(t, path, bytes.Index(text, []byte(word)), 1, "X")
			}
			report, told := repair(t, dir, archive.RepairOptions{Source: server(t, other)})
			if report.Healed != 1 || report.Lost != 2 {
				t.Fatalf("%+v, %+v", report, told)
			}
			for _, x := range told {
				want := "the server has another message in its place"
				if x.UID == 3 {
					want = ""
				}
				if x.Why != want || x.UID == 3 && x.From != `this archive, "Copy", UID 9` {
					t.Errorf("%+v", x)
				}
			}
			if _, found := verify(t, dir); len(found) != 2 {
				t.Errorf("found %+v", found)
			}
			if len(quarantined(t, dir)) > 1 {
				t.Errorf("quarantine: %v", quarantined(t, dir))
			}
		})
	}
}
