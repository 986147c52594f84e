package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSystemdUnits: systemd finds nothing wrong with the units of the docs, and
// calls the service well protected.
func TestSystemdUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here: ", err)
	}
	dir := t.TempDir()
	for _, name := range []string{"mailhaul.service", "mailhaul.timer"} {
		// The program is not installed where the service expects it.
		text := strings.ReplaceAll(read(t, "docs/systemd/"+name), "/usr/local/bin/mailhaul", "/bin/true")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", filepath.Join(dir, "mailhaul.service"), filepath.Join(dir, "mailhaul.timer"))
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Contains(string(out), dir) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	cmd = exec.CommandContext(t.Context(), analyze, "security", "--offline=true", "--threshold=30", filepath.Join(dir, "mailhaul.service"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}
