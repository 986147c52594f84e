package checkpoint_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/mailhaul/mailhaul/checkpoint"
)

func TestMakeDir(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "a", "b", "c")
	for range 2 { // the second finds it
		if err := checkpoint.MakeDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	for d := dir; d != base; d = filepath.Dir(d) {
		info, err := os.Stat(d)
		if err != nil || !info.IsDir() || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", d, info, err)
		}
	}
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.MakeDir(filepath.Join(file, "a")); err == nil {
		t.Error("a directory was made below a file")
	}
}
