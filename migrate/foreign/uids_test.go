package foreign_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

// TestStable: a second look gives what is left of the messages the UIDs that
// they had, and new ones others, whatever happened to the file.
func TestStable(t *testing.T) {
	const (
		one   = "Subject: 1\n\n>From one\n"
		two   = "Subject: 2\n\ntwo\n"
		twins = "Subject: 3\n\nthree\n"
	)
	before := sep + one + "\n" + sep + two + "\n" + sep + twins + "\n" + sep + twins
	for name, c := range map[string]struct {
		after string
		same  bool // the second look has the same UIDs, and no other
		stay  int  // UIDs that both looks have
	}{
		"nothing":           {before, true, 4},
		"appended":          {before + "\n" + sep + "Subject: 4\n\nfour\n", false, 4},
		"removed":           {sep + two + "\n" + sep + twins + "\n" + sep + twins, false, 3},
		"a twin removed":    {sep + one + "\n" + sep + two + "\n" + sep + twins, false, 3},
		"another twin":      {before + "\n" + sep + twins, false, 4},
		"sorted":            {sep + twins + "\n" + sep + two + "\n" + sep + twins + "\n" + sep + one, true, 4},
		"marked":            {sep + "Status: RO\n" + one + "\n" + sep + "X-UID: 2\nX-Keywords: k\n" + two + "\n" + sep + "X-Mozilla-Status: 0001\n" + twins + "\n" + sep + "Content-Length: 6\nX-Status: A\n" + twins, true, 4},
		"other separators":  {strings.ReplaceAll(before, sep, "From - Wed Nov 15 00:00:00 2023\n"), true, 4},
		"CRLF":              {crlf(before), true, 4},
		"final empty lines": {before + "\n\n\n", true, 4},
		"joined":            {sep + one + sep + two + sep + twins + sep + twins, true, 4},
		"not quoted now":    {before + "\n" + sep + "Subject: 4\n\nx\n\nFrom y\n", false, 4},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string]string{"box": before})
			first := list(t, open(t, foreign.Any, dir, foreign.Options{}), mailhaul.Criteria{})[0]
			write(t, dir, map[string]string{"box": c.after})
			second := list(t, open(t, foreign.Any, dir, foreign.Options{}), mailhaul.Criteria{})[0]
			if first.Folder.UIDValidity != second.Folder.UIDValidity || first.Folder.UIDValidity == 0 {
				t.Errorf("UIDVALIDITY %d, then %d", first.Folder.UIDValidity, second.Folder.UIDValidity)
			}
			if same := first.Live.String() == second.Live.String(); same != c.same {
				t.Errorf("UIDs %s, then %s", first.Live, second.Live)
			}
			if n := first.Live.Both(second.Live).Len(); int(n) != c.stay {
				t.Errorf("%d UIDs stay of %s, %s", n, first.Live, second.Live)
			}
		})
	}
}

// TestStableMaildir: a message keeps its UID when it is moved and marked, and
// when programs write sizes and numbers into its name.
func TestStableMaildir(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"new/1.a.host": "A: b\n", "cur/2.b.host:2,": "A: c\n", "cur/3.c.host,S=5:2,S": "A: d\n"})
	first := list(t, open(t, foreign.Maildir, dir, foreign.Options{}), mailhaul.Criteria{})[0]
	for old, name := range map[string]string{"new/1.a.host": "cur/1.a.host,U=1:2,FS", "cur/2.b.host:2,": "cur/2.b.host:2,STa"} {
		if err := os.Rename(filepath.Join(dir, old), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, map[string]string{"new/0.d.host": "A: e\n"})
	second := list(t, open(t, foreign.Maildir, dir, foreign.Options{}), mailhaul.Criteria{})[0]
	if first.Live.Both(second.Live).Len() != 3 || second.Live.Len() != 4 || first.Folder.UIDValidity != second.Folder.UIDValidity {
		t.Errorf("%d: %s, then %d: %s", first.Folder.UIDValidity, first.Live, second.Folder.UIDValidity, second.Live)
	}
}

// TestHashesMeet: a message has the UID that it had, or the UIDVALIDITY is
// another one.
func TestHashesMeet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func() uint64 { return uint64(r.IntN(5))<<32 | uint64(r.IntN(3)) } // UIDs 1 to 5
	for _, twins := range []bool{false, true} {
		for range 2000 {
			keys := make([]uint64, r.IntN(6))
			for i := range keys {
				keys[i] = random()
			}
			validity, uids := foreign.Identify("x", keys, twins)
			known := map[mailhaul.UID]uint64{}
			for i, uid := range uids {
				if _, doubled := known[uid]; doubled || uid == 0 {
					t.Fatalf("UIDs %v of %x", uids, keys)
				}
				known[uid] = keys[i]
			}
			changed := append([]uint64{}, keys...)
			if len(changed) > 0 && r.IntN(2) == 0 {
				i := r.IntN(len(changed))
				changed = append(changed[:i], changed[i+1:]...)
			} else {
				changed = append(changed, random())
			}
			next, uids := foreign.Identify("x", changed, twins)
			if next != validity {
				continue
			}
			for i, uid := range uids {
				if key, there := known[uid]; there && key != changed[i] {
					t.Fatalf("%x, then %x: UID %d is of another message, UIDVALIDITY %d", keys, changed, uid, next)
				}
			}
		}
	}
	if a, _ := foreign.Identify("x", nil, true); a == 0 {
		t.Error("UIDVALIDITY 0")
	}
}
