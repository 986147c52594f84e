package checkpoint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/mailhaul/mailhaul"
)

func TestMessageByUID(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	for _, validity := range []uint32{3, 5, 7, 9} {
		f.UIDValidity = validity
		uids := []mailhaul.UID{1}
		if validity != 7 {
			uids = append(uids, 2)
		}
		if validity == 3 {
			uids = append(uids, 3)
		}
		b.record(f, uids...)
	}
	tests := []struct {
		name    string
		folder  int64
		uid     mailhaul.UID
		want    uint32
		wantErr error
	}{
		{"under the present UIDVALIDITY", f.ID, 1, 7, nil},
		{"under the newest that has it", f.ID, 2, 9, nil},
		{"under the oldest", f.ID, 3, 3, nil},
		{"under none", f.ID, 4, 0, fs.ErrNotExist},
		{"folder unknown", 99, 1, 0, fs.ErrNotExist},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := b.Message(b.ctx, tt.folder, tt.uid)
			if m.UIDValidity != tt.want || !errors.Is(err, tt.wantErr) {
				t.Errorf("UIDVALIDITY %d, %v; want %d, %v", m.UIDValidity, err, tt.want, tt.wantErr)
			}
		})
	}
}

func TestMessagesOrder(t *testing.T) {
	b := open(t)
	f, other := b.folder("INBOX"), b.folder("Sent")
	f.UIDValidity = 9
	b.record(f, 4_294_967_295, 3)
	f.UIDValidity = 7
	b.record(f, 20, 1)
	b.record(other, 5)
	if _, err := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(20)); err != nil {
		t.Fatal(err)
	}
	type key struct {
		validity uint32
		uid      mailhaul.UID
	}
	want := []key{{7, 1}, {7, 20}, {9, 3}, {9, 4_294_967_295}}
	ms := b.messages(f.ID)
	if len(ms) != len(want) {
		t.Fatalf("%d messages, want %d", len(ms), len(want))
	}
	for i, m := range ms {
		if (key{m.UIDValidity, m.UID}) != want[i] {
			t.Errorf("message %d is %d under %d, want %v", i, m.UID, m.UIDValidity, want[i])
		}
	}
}

// The ledger can be written while its messages are read, and reading can end
// anywhere.
func TestMessagesWhileWriting(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	for u := mailhaul.UID(1); u <= 100; u++ {
		b.record(f, u)
	}
	seen := 0
	for m, err := range b.Messages(b.ctx, f.ID) {
		if err != nil {
			t.Fatal(err)
		}
		b.record(f, m.UID+100)
		seen++
		if seen == 50 {
			break
		}
	}
	if seen != 50 {
		t.Errorf("saw %d messages, want 50", seen)
	}
	b.wantUIDs(f, "1:150", "")
}

// TestMessagesPrinted: each message is in exactly one of the ranges of fingerprints
// that hold all.
func TestMessagesPrinted(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	for i, print := range []mailhaul.Fingerprint{{}, {0, 1}, {0x7f, 0xff, 0xff}, {0x80}, {0xff, 0xff, 0xff}} {
		r := receipt(f, mailhaul.UID(i+1))
		r.Fingerprint = print
		if err := b.Record(b.ctx, b.run, []mailhaul.Receipt{r}); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		parts int
		want  string
	}{{0, "1 2 3 4 5 |"}, {1, "1 2 3 4 5 |"}, {2, "1 2 3 |4 5 |"}, {3, "1 2 |3 4 |5 |"}} {
		got := ""
		for r := range mailhaul.FingerprintRanges(tt.parts) {
			for m, err := range b.MessagesPrinted(b.ctx, f.ID, r) {
				if err != nil {
					t.Fatal(err)
				}
				got += fmt.Sprint(m.UID, " ")
			}
			got += "|"
		}
		if got != tt.want {
			t.Errorf("%d ranges hold %s, want %s", tt.parts, got, tt.want)
		}
	}
	n, next := 0, 0
	for r := range mailhaul.FingerprintRanges(1 << 20) {
		if int(r.First) != next || r.Last != r.First {
			t.Fatalf("range %d is %v", n, r)
		}
		n, next = n+1, int(r.Last)+1
	}
	if n != 1<<16 {
		t.Errorf("%d ranges", n)
	}
}
