package app_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/app"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// office is a directory with a config file, in which commands are run.
type office struct {
	t   *testing.T
	dir string
	env map[string]string
}

func newOffice(t *testing.T) *office {
	dir := t.TempDir()
	o := &office{t: t, dir: dir, env: map[string]string{
		"HOME": dir, "XDG_STATE_HOME": filepath.Join(dir, "state"), "MAILHAUL_CONFIG": filepath.Join(dir, "config.toml"),
	}}
	o.write("config.toml", "")
	return o
}

func (o *office) write(name, text string) {
	o.t.Helper()
	f, err := os.OpenFile(filepath.Join(o.dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

// account adds an account of a server to the config file.
func (o *office) account(name string, s *imaptest.Server, user, password, more string) {
	o.write(name+".password", password+"\n")
	o.write("config.toml", fmt.Sprintf("[accounts.%s]\naddress = \"imaps://%s\"\nuser = %q\nca = %q\npassword-file = \"%s.password\"\n%s\n",
		name, s.TLSAddr, user, s.CAFile, name, more))
}

// run runs a command that must end with the code, and returns all that it says.
func (o *office) run(code int, args ...string) string {
	o.t.Helper()
	var out bytes.Buffer
	got := app.Run(o.t.Context(), app.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Now: time.Now, Version: "v1.2.3",
		Getenv: func(name string) string { return o.env[name] },
	}, args)
	if got != code {
		o.t.Fatalf("%q ended with %d, want %d: %s", args, got, code, out.String())
	}
	return out.String()
}

// TestDelegation: an administrator who may act for all users of a server backs an
// account up, and moves it to another server, without its password. Archive and
// ledger are those of the account, whoever logged in.
func TestDelegation(t *testing.T) {
	dovecot, cyrus := imaptest.Dovecot(t, imaptest.Setting("auth_master_user_separator", "*")), imaptest.Cyrus(t)
	for name, ends := range map[string][2]*imaptest.Server{"dovecot to cyrus": {dovecot, cyrus}, "cyrus to dovecot": {cyrus, dovecot}} {
		t.Run(name, func(t *testing.T) {
			source, target := ends[0], ends[1]
			old, oldPassword := source.User(t)
			moved, newPassword := target.User(t)
			client := imaptest.Dial(t, source, old, oldPassword)
			defer client.Close()
			if err := client.AppendAll("INBOX", sample.Set{Messages: 20, Octets: 60_000}.Folder([]string{"INBOX"}, 0)); err != nil {
				t.Fatal(err)
			}
			if err := client.Subscribe("INBOX"); err != nil {
				t.Fatal(err)
			}
			o := newOffice(t)
			o.account("own", source, old, oldPassword, "")
			o.account("admin", source, source.Master, source.MasterPassword, "")
			o.account("old", source, source.Master, source.MasterPassword, fmt.Sprintf("authzid = %q", old))
			o.account("new", target, target.Master, target.MasterPassword, fmt.Sprintf("authzid = %q", moved))
			o.account("moved", target, moved, newPassword, "")

			archive := filepath.Join(o.dir, "archive")
			if out := o.run(0, "backup", "old", archive, "--json"); !strings.Contains(out, `"new":20,`) {
				t.Errorf("the administrator's backup: %s", out)
			}
			o.nothingNew("backup", "own", archive)
			o.nothingNew("backup", "admin", archive, "--authzid", old)
			if out := o.run(0, "migrate", "old", "new", "--json"); !strings.Contains(out, `"copied":20,`) {
				t.Errorf("the administrator's migration: %s", out)
			}
			o.run(0, "compare", "own", "moved", "--folder", "INBOX")
			o.nothingNew("migrate", "own", "moved")
			for end, s := range map[string]*imaptest.Server{"old": source, "new": target} {
				if s == dovecot {
					o.account(end+"-star", s, map[string]string{"old": old, "new": moved}[end]+"*"+s.Master, s.MasterPassword, `auth = "LOGIN"`)
				}
			}
			if source == dovecot {
				o.nothingNew("backup", "old-star", archive)
				o.nothingNew("migrate", "old-star", "new")
			} else {
				o.nothingNew("migrate", "old", "new-star")
			}
		})
	}
}

// nothingNew runs a backup or a migration that finds all of it done.
func (o *office) nothingNew(args ...string) {
	o.t.Helper()
	out := o.run(0, append(args, "--json")...)
	if !strings.Contains(out, `"new":0,`) && !strings.Contains(out, `"copied":0,`) {
		o.t.Errorf("%q: %s", args, out)
	}
}
