package foreign_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

// TestLargeMbox: a file of some 200 MB, half of it one message without a line
// end, is read in 12 MB of memory.
func TestLargeMbox(t *testing.T) {
	const small, large = 20_000, 100 << 20
	path := writeLarge(t, small, large)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most := heap(), uint64(0)
	s := open(t, foreign.Mbox, path, foreign.Options{})
	l := list(t, s, mailhaul.Criteria{})[0]
	if l.Folder.Messages != small+1 {
		t.Fatalf("%d messages", l.Folder.Messages)
	}
	n, octets := 0, int64(0)
	err := s.Fetch(t.Context(), []mailhaul.Work{{Folder: l.Folder, UIDs: l.Live}}, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return m.Err
		}
		if n++; n == small+1 {
			if _, err := io.CopyN(io.Discard, m.Body, large/2); err != nil {
				return err
			}
			most, octets = heap(), large/2
		}
		k, err := io.Copy(io.Discard, m.Body)
		if octets += k; n == small+1 && octets != m.Size || n <= small && k != m.Size {
			t.Errorf("message %d: %d of %d octets", n, octets, m.Size)
		}
		return err
	})
	if err != nil || n != small+1 {
		t.Fatalf("%d messages, %v", n, err)
	}
	if grown := int64(most) - int64(before); grown > 12<<20 {
		t.Errorf("%d octets of memory in use", grown)
	} else {
		t.Logf("%d octets of memory in use", grown)
	}
}

// writeLarge writes an mbox of small messages and one with a line of so many
// octets.
func writeLarge(t *testing.T, small, large int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "box")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	text := strings.Repeat("a line of the text of a message\n", 150)
	for i := range small {
		fmt.Fprintf(w, "%sSubject: %d\n\n%s\n", sep, i, text)
	}
	fmt.Fprintf(w, "%sSubject: large\n\n", sep)
	block := strings.Repeat("x", 1<<20)
	for range large >> 20 {
		if _, err := w.WriteString(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
