//go:build linux

package limittest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// nobody is the user who has no rights that are not given, as a number.
const nobody = 65534

// asNobody is the command that runs another one as nobody: root may do anything.
func asNobody() []string {
	return []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"}
}

// owned makes a directory that nobody owns.
func owned(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "owned")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	give(t, dir, nobody)
	return dir
}

// give gives a directory with all that is in it to a user.
func give(t *testing.T, dir string, user int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, user, user)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestRights: where the program may not write it says so and what can be done, and
// it leaves what is there as it was.
func TestRights(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can run the program as another user")
	}
	for _, dir := range []string{binaries, filepath.Dir(t.TempDir())} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	source := newAccount(t, 20, 3000, capabilities)
	archive := filepath.Join(owned(t), "archive")
	p := newProgram(t)
	p.before = asNobody()
	give(t, p.state, nobody)
	p.do(t, "backup", source.url, archive)
	source.numbers = append(source.numbers, 21)
	target := newAccount(t, 0, 3000, capabilities)
	readOnly := []string{"unshare", "-m", "sh", "-c",
		`mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"`, archive}
	closed := t.TempDir() // which belongs to root
	backup, repair, rebuild := []string{"backup", source.url, archive}, []string{"repair", archive, source.url}, []string{"rebuild", archive, "--force"}
	prune := []string{"prune", archive, "--keep-gone", "1d", "--yes"}
	for _, tt := range []struct {
		name   string
		before []string
		mode   os.FileMode // of the archive
		owner  int         // of the archive
		state  string
		lines  [][]string
		hint   string
	}{
		{"archive may not be written", asNobody(), 0o500, nobody, p.state, [][]string{backup, repair, rebuild, prune}, "check who owns the directory and its modes"},
		{"archive of another user", asNobody(), 0o755, 0, p.state, [][]string{backup, repair, rebuild, prune}, "run it as that user"},
		{"archive that cannot be read", asNobody(), 0o700, 0, p.state, [][]string{backup, repair, rebuild, prune, {"ls", archive}, {"verify", archive}, {"restore", archive, target.url}}, "check who owns"},
		{"archive mounted read-only", append(readOnly, asNobody()...), 0o700, nobody, p.state, [][]string{backup, rebuild, prune}, "mounted read-only"},
		{"no place for the ledger of a pair", asNobody(), 0o700, nobody, closed,
			[][]string{{"restore", archive, target.url}, {"migrate", source.url, target.url}, {"import", "maildir:" + archive + "/mail/INBOX", target.url}}, "check who owns"},
		{"no place for an archive", asNobody(), 0o700, nobody, p.state, [][]string{{"backup", source.url, closed + "/new"}}, "check who owns"},
		{"no place for an export", asNobody(), 0o700, nobody, p.state, [][]string{{"export", archive, "mbox:" + closed + "/new"}}, "check who owns"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			give(t, archive, tt.owner)
			if err := os.Chmod(archive, tt.mode); err != nil {
				t.Fatal(err)
			}
			p := program{state: tt.state, before: tt.before}
			for _, line := range tt.lines {
				got := p.run(t, line...)
				if got.code != 1 || !strings.Contains(got.stderr, tt.hint) {
					t.Errorf("%q: exit code %d\n%s%s", line, got.code, got.stdout, got.stderr)
				}
			}
		})
	}
	give(t, archive, nobody)
	if err := os.Chmod(archive, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := p.do(t, "verify", archive); !strings.Contains(got.stdout, "20 messages") {
		t.Errorf("verify: %s", got.stdout)
	}
	if len(target.numbers) > 0 {
		t.Errorf("%d messages were sent", len(target.numbers))
	}
	p.do(t, backup...)
	if got := p.do(t, "verify", archive); !strings.Contains(got.stdout, "21 messages") {
		t.Errorf("verify: %s", got.stdout)
	}
	if out, err := exec.CommandContext(t.Context(), "find", archive, "-perm", "/077").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("others may read %s, %v", out, err)
	}
}
