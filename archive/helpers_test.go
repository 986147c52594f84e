package archive_test

import (
	"crypto/sha256"
	"os"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

func digest(text string) mailhaul.Digest { return sha256.Sum256([]byte(text)) }

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// truncate takes n octets off the end of a file.
func truncate(t *testing.T, path string, n int64) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-n); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, to, path string) {
	t.Helper()
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

// moveUID does to the ledger what a changed UIDVALIDITY does, and changes it
// back: the message has another UID under the one that its name carries.
func moveUID(t *testing.T, r *run, f *mailhaul.Folder, from, to mailhaul.UID) {
	t.Helper()
	old := f.UIDValidity
	for _, step := range []struct {
		validity uint32
		rebind   checkpoint.Rebinding
	}{
		{old + 1, checkpoint.Rebinding{OldUIDValidity: old, OldUID: from, UID: to}},
		{old, checkpoint.Rebinding{OldUIDValidity: old + 1, OldUID: to, UID: to}},
	} {
		f.UIDValidity = step.validity
		r.prepare(f)
		if err := r.a.Ledger().Rebind(t.Context(), r.id, f, []checkpoint.Rebinding{step.rebind}); err != nil {
			t.Fatal(err)
		}
	}
}
