package archive_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
)

func verifyPart(t *testing.T, dir string, o archive.VerifyOptions) (archive.VerifyReport, []archive.Damage) {
	t.Helper()
	a, err := archive.OpenReadOnly(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var found []archive.Damage
	o.Report = func(d archive.Damage) { found = append(found, d) }
	report, err := a.VerifyPart(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return report, found
}

// Twenty parts are all messages, each once and about as many in each; what is
// missing is found in every part.
func TestVerifyParts(t *testing.T) {
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "archive")
			r := begin(t, dir, format)
			f := r.folder("INBOX")
			for uid := range mailhaul.UID(400) {
				r.store(f, uid+1, fmt.Append(nil, header, uid))
			}
			r.flush()
			r.end()
			r = begin(t, dir, format)
			r.prepare(f)
			r.store(f, 1000, []byte("new"))
			r.flush()
			r.end()
			read := int64(0)
			for part := range uint32(20) {
				report, found := verifyPart(t, dir, archive.VerifyOptions{Part: part, Parts: 20})
				if len(found) > 0 || report.Messages < 5 || report.Messages > 50 {
					t.Errorf("part %d: %+v, %+v", part, report, found)
				}
				read += report.Messages
			}
			if read != 401 {
				t.Errorf("%d messages in all parts", read)
			}
			if report, _ := verifyPart(t, dir, archive.VerifyOptions{Since: 2}); report.Messages != 1 {
				t.Errorf("since run 2: %+v", report)
			}
			if format == archive.Maildir {
				remove(t, one(t, dir+"/mail/INBOX/cur", "U77Z"))
			} else {
				truncate(t, dir+"/mail/INBOX.mbox", 3)
			}
			for part := range uint32(20) {
				if _, found := verifyPart(t, dir, archive.VerifyOptions{Part: part, Parts: 20}); len(found) != 1 || found[0].Row == nil {
					t.Errorf("part %d: %+v", part, found)
				}
			}
			if _, found := verifyPart(t, dir, archive.VerifyOptions{Since: 2}); len(found) != 1 {
				t.Errorf("since run 2: %+v", found)
			}
		})
	}
}

// Whatever octet of an mbox is changed, in a separator line, too, the message
// that it belongs to is named, and no other.
func TestVerifyEachOctet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	r := begin(t, dir, archive.Mbox)
	f := r.folder("INBOX")
	for i, text := range []string{"one\r\nFrom me\r\n", "", "no end", "last\n"} {
		r.store(f, mailhaul.UID(i+1), []byte(text))
	}
	r.flush()
	// One got another UID, which its separator line does not know.
	f.UIDValidity = 8
	r.prepare(f)
	rebound := []checkpoint.Rebinding{{OldUIDValidity: 7, OldUID: 3, UID: 30}}
	if err := r.a.Ledger().Rebind(t.Context(), r.id, f, rebound); err != nil {
		t.Fatal(err)
	}
	var owner []mailhaul.UID
	for m, err := range r.a.Ledger().Messages(t.Context(), f.ID) {
		if err != nil {
			t.Fatal(err)
		}
		for int64(len(owner)) < m.Offset+m.Stored {
			owner = append(owner, 0)
		}
		for i := m.Offset; i < m.Offset+m.Stored; i++ {
			owner[i] = m.UID
		}
	}
	r.end()
	wantClean(t, dir, 4)
	box := dir + "/mail/INBOX.mbox"
	clean, err := os.ReadFile(box)
	if err != nil {
		t.Fatal(err)
	}
	for i := range clean {
		changed := bytes.Clone(clean)
		changed[i] ^= byte(1) << (i % 8)
		if err := os.WriteFile(box, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		_, found := verify(t, dir)
		if len(found) != 1 || found[0].UID != owner[i] || found[0].Row == nil {
			t.Errorf("octet %d, of UID %d: found %+v", i, owner[i], found)
		}
	}
}
