//go:build linux

package limittest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// How many jobs one run has, and how many octets it may take for all of them.
const (
	manyJobs  = 50
	mostOfAll = 256 << 20
)

// TestManyJobs: fifty accounts in one run, three of them with a wrong password:
// forty-seven are backed up, three are named, and memory does not grow with their
// number.
func TestManyJobs(t *testing.T) {
	server := imaptest.Dovecot(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	wrong := map[int]bool{7: true, 23: true, 49: true}
	var config strings.Builder
	for i := range manyJobs {
		user, password := server.User(t)
		imaptest.Seed(t, imaptest.Dial(t, server, user, password), sample.Set{Messages: 20, Octets: 200 << 10})
		if wrong[i] {
			password = "wrong"
		}
		fmt.Fprintf(&config, "[accounts.a%d]\naddress = \"imap://%s\"\ntls = \"off\"\nuser = %q\npassword-file = %q\n", i, server.Addr, user, write(fmt.Sprintf("password%d", i), password))
		fmt.Fprintf(&config, "[jobs.j%d]\nkind = \"backup\"\naccount = \"a%d\"\narchive = %q\n", i, i, filepath.Join(dir, fmt.Sprintf("archive%d", i)))
	}
	p := newProgram(t)
	args := []string{"run", "--jobs", "8", "--config", write("config.toml", config.String())}
	for _, again := range []string{"20", "0"} { // the second run fetches nothing
		got := p.run(t, args...)
		if got.code != 3 || got.peak > mostOfAll || !strings.Contains(got.stderr, "\n47 of 50 jobs done\n") {
			t.Fatalf("exit code %d, %d MiB\n%s", got.code, got.peak>>20, got.stderr)
		}
		rows := map[string][]string{}
		for line := range strings.Lines(got.stderr) {
			if f := strings.Fields(line); len(f) > 4 && f[1] == "backup" {
				rows[f[0]] = f
			}
		}
		for i := range manyJobs {
			row := strings.Join(rows[fmt.Sprintf("j%d", i)], " ")
			want := fmt.Sprintf("j%d backup done %s 0 ", i, again)
			if wrong[i] {
				want = fmt.Sprintf("j%d backup login refused (4) ", i)
			}
			if !strings.HasPrefix(row, want) {
				t.Errorf("row %q, want %q", row, want)
			}
		}
	}
	for i := range manyJobs {
		archive := filepath.Join(dir, fmt.Sprintf("archive%d", i))
		if wrong[i] {
			if _, err := os.Stat(archive); err == nil {
				t.Errorf("%s: an archive of an account that nobody could log in to", archive)
			}
			continue
		}
		if i%10 == 0 {
			p.do(t, "verify", archive)
		}
	}
}
