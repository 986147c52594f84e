package config_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

const good = `
[accounts.work]
address = "imaps://mail.example.org:1993"
user = "me@example.org"
password-command = ["pass", "show", "mail work"]
connections = 2
limit-rate = "500K"
exclude = ["Spam", "Trash"]
ca = "ca.pem"

[accounts.old]
address = "imap://you@127.0.0.1:143"
tls = "off"
authzid = "other"
auth = "plain"
oauth = { provider = "google", client-id = "id", scopes = ["a", "b"] }

[jobs.nightly]
kind = "backup"
account = "work"
archive = "~/mail/work"
format = "mbox"
folder = "INBOX"
keep-gone = "2y"
max-download = "2000M/day"
notify-url = "https://hc.example.org/secret"

[jobs.move]
kind = "migrate"
source = "old"
target = "@work"
since = 2024-01-31
map = ["A=B"]

[defaults]
timeout = 90
quiet = true

[defaults.verify]
sample = "5%"
`

func TestParse(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "config.toml")
	f, err := config.Parse(name, []byte(good), dir)
	if err != nil {
		t.Fatal(err)
	}
	work, old := f.Account("work"), f.Account("old")
	want := config.Endpoint{Role: "SOURCE", Host: "mail.example.org", Port: 1993, User: "me@example.org", CAFile: filepath.Join(dir, "ca.pem")}
	if got := work.Endpoint("SOURCE"); got != want {
		t.Errorf("work: got %+v, want %+v", got, want)
	}
	want = config.Endpoint{Role: "TARGET", Host: "127.0.0.1", Port: 143, User: "you", Authzid: "other", Mechanism: "PLAIN", Security: config.PlainText}
	if got := old.Endpoint("TARGET"); got != want {
		t.Errorf("old: got %+v, want %+v", got, want)
	}
	if o := old.OAuth; o == nil || o.Provider != "google" || o.ClientID != "id" || !slices.Equal(o.Scopes, []string{"a", "b"}) || o.User != "you" {
		t.Errorf("oauth: %+v", o)
	}
	if v := work.Values["password-command"]; !v.Words || !slices.Equal(v.Texts, []string{"pass", "show", "mail work"}) {
		t.Errorf("password-command: %+v", v)
	}
	if v := work.Values["connections"]; v.Text() != "2" || v.Origin.String() != name+":6" {
		t.Errorf("connections: %+v", v)
	}
	nightly, move := f.Job("nightly"), f.Job("move")
	if got := nightly.Args(); !slices.Equal(got, []string{"backup", "@work", filepath.Join(dir, "mail", "work")}) {
		t.Errorf("nightly: %q", got)
	}
	if got := move.Args(); !slices.Equal(got, []string{"migrate", "@old", "@work"}) || move.Values["since"].Text() != "2024-01-31" {
		t.Errorf("move: %q, %+v", got, move.Values)
	}
	if v := f.Defaults("verify")["sample"]; v.Text() != "5%" {
		t.Errorf("sample: %+v", v)
	}
	if v := f.Defaults("backup"); v["timeout"].Text() != "90" || !v["quiet"].On() || v["sample"].Texts != nil {
		t.Errorf("defaults of backup: %+v", v)
	}
}

const account = "[accounts.a]\naddress = \"imaps://me@h\"\n"

// TestParseMistakes: each mistake is told with its line and what was meant.
func TestParseMistakes(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // the beginning of each message, all of them
	}{
		{"unknown table", "[account.a]\nuser = \"x\"", []string{"1: unknown table [account]; did you mean accounts?"}},
		{"key before all tables", "timeout = 5", []string{"1: timeout stands before all tables; it belongs in [accounts.NAME] or"}},
		{"unknown key before all tables", "foo = 5", []string{"1: unknown key foo; all keys stand in a table"}},
		{"unknown key", account + `usr = "x"`, []string{"3: unknown key usr in [accounts.a]; did you mean user?"}},
		{"key of another table", account + `archive = "x"`, []string{"3: archive does not belong in [accounts.a], but in [jobs.NAME]"}},
		{"password", account + `password = "x"`, []string{"3: no password stands in [accounts.a]; say where it is: password-file"}},
		{"password in the address", "[accounts.a]\naddress = \"imaps://me:s3cret@h\"", []string{"2: address: no password stands here"}},
		{"options in the address", "[accounts.a]\naddress = \"imaps://me@h?ca=x\"", []string{"2: address: what stands behind the ? are keys"}},
		{"address is no URL", "[accounts.a]\naddress = \"mail.example.org\"\nuser = \"x\"", []string{"2: address is not a URL; write imaps://"}},
		{"nothing in an account", "[accounts.a]", []string{"1: [accounts.a]: address is missing"}},
		{"no user", "[accounts.a]\naddress = \"imaps://h\"", []string{"1: [accounts.a]: user is missing"}},
		{"user twice", account + `user = "x"`, []string{"3: the user stands in the address, too, on line 2"}},
		{"key twice", account + "connections = 1\nconnections = 2", []string{"4: connections is there twice, first on line 3"}},
		{"table twice", account + "[accounts.a]", []string{"3: [accounts.a] is there twice, first on line 1"}},
		{"array of tables", "[[accounts]]", []string{"1: [[accounts]] is written in single brackets"}},
		{"value for a table", "accounts = 1", []string{"1: accounts is a table: [accounts.NAME]"}},
		{"key in accounts", "[accounts]\nuser = \"x\"", []string{"2: user stands in no [accounts.NAME]"}},
		{"bad name", "[accounts.\"a/b\"]\naddress = \"imaps://me@h\"", []string{`1: "a/b" is no good name`}},
		{"number as text", account + `connections = "4"`, []string{"3: connections takes a number, without quotes; write connections = 4"}},
		{"text as number", account + `password-env = 4`, []string{`3: password-env takes a text in quotes; write password-env = "4"`}},
		{"bool as text", account + `insecure = "true"`, []string{"3: insecure takes true or false, without quotes; write insecure = true"}},
		{"list for text", account + `trace = ["x"]`, []string{"3: trace is a list here; it takes a text in quotes"}},
		{"table for text", account + `trace = {x = "y"}`, []string{"3: trace is a table here; it takes a text in quotes"}},
		{"text for table", account + `oauth = "x"`, []string{"3: oauth takes a table"}},
		{"number in a list", account + "folder = [\n\"a\",\n5]", []string{"3: folder line 5: a list holds texts"}},
		{"empty", account + `password-env = ""`, []string{"3: password-env is empty"}},
		{"empty command", account + `password-command = []`, []string{"3: password-command is empty"}},
		{"bad values", account + "connections = 99\ntimeout = 0\nlimit-rate = \"fast\"\nauth = \"plian\"",
			[]string{"3: connections: \"99\"", "4: timeout: \"0\"", "5: limit-rate: \"fast\"", "6: auth: \"plian\" is not one of SCRAM-SHA-256, PLAIN, LOGIN, OAUTHBEARER, XOAUTH2; did you mean PLAIN?"}},
		{"tls contradicts", account + `tls = "off"`, []string{"2: address: tls=off contradicts"}},
		{"LOGIN for another", account + "auth = \"login\"\nauthzid = \"x\"", []string{"3: auth LOGIN cannot carry"}},
		{"two passwords", account + "keyring = true\npassword-env = \"X\"", []string{"4: password-env and keyring (line 3) exclude each other"}},
		{"oauth", account + "oauth = {provider = \"gogle\", client_id = \"x\"}",
			[]string{"3: provider: \"gogle\" is not one of google, microsoft; did you mean google?", "3: unknown key client_id in oauth of [accounts.a]; did you mean client-id?"}},
		{"two client secrets", account + "[accounts.a.oauth]\nclient-secret = \"x\"\nclient-secret-file = \"y\"", []string{"4: client-secret and client-secret-file exclude"}},
		{"job without kind", "[jobs.j]\narchive = \"x\"", []string{"1: [jobs.j]: kind is missing"}},
		{"job of unknown kind", "[jobs.j]\nkind = \"bakcup\"", []string{"2: kind: \"bakcup\" is not one of backup, migrate; did you mean backup?", "1: [jobs.j]: kind is"}[:1]},
		{"backup of nothing", "[jobs.j]\nkind = \"backup\"", []string{"1: [jobs.j]: account is missing", "1: [jobs.j]: archive is missing"}},
		{"key of the other kind", account + "[jobs.j]\nkind = \"backup\"\naccount = \"a\"\narchive = \"x\"\nmirror = true\ntarget = \"a\"",
			[]string{"7: mirror does not belong in [jobs.j], a backup, but in", "8: target does not belong in [jobs.j]"}},
		{"unknown account", account + "[jobs.j]\nkind = \"migrate\"\nsource = \"@b\"\ntarget = \"imaps://me@h\"",
			[]string{"5: source: there is no account \"b\"; did you mean a?", "6: target: there is no account \"imaps://me@h\"; put it in"}},
		{"same account", account + "[jobs.j]\nkind = \"migrate\"\nsource = \"a\"\ntarget = \"a\"", []string{"6: source and target are the same"}},
		{"two jobs, one archive", account + "[jobs.j]\nkind = \"backup\"\naccount = \"a\"\narchive = \"x\"\n[jobs.k]\nkind = \"backup\"\naccount = \"a\"\narchive = \"./x/\"",
			[]string{"10: the job j (line 6) writes the same archive"}},
		{"values of a job", account + "[jobs.j]\nkind = \"backup\"\naccount = \"a\"\narchive = \"x\"\nkeep-gone = \"90\"\nmax-download = \"2G\"\nnotify-url = \"hc.example.org/s3cret\"",
			[]string{"7: keep-gone: \"90\" is not a period", "8: max-download: \"2G\" is not a budget", "9: notify-url: this is not a URL"}},
		{"defaults", "[defaults]\nuser = \"x\"\nquite = true\n[defaults.bakcup]\n[defaults.ls]\nquiet = true",
			[]string{"2: user does not belong in [defaults]", "3: unknown key quite in [defaults]; did you mean quiet?",
				"4: [defaults.bakcup]: unknown command bakcup; did you mean backup?", "6: quiet does not belong in [defaults.ls]"}},
		{"no quotes", account + "password-env = HOME", []string{`3: text stands in quotes: password-env = "HOME"`}},
		{"no quotes around the address", "[accounts.a]\naddress = imaps://me@h", []string{`2: text stands in quotes: address = "imaps://me@h"`}},
		{"no bracket", "[accounts.a\naddress = \"imaps://me@h\"\n[jobs.j]\nkind = \"backup\"\naccount = \"a\"\narchive = \"x\"", []string{"1: a ] is missing"}},
		{"open list", account + "folder = [\"a\",\n[defaults]\nquite = true", []string{"4: this is no TOML"}},
		{"open quote", account + "password-env = \"X\nkeyring = 5", []string{"3: this is no TOML", "4: keyring takes true or false"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("c", []byte(tt.text), "")
			usage, ok := errors.AsType[*config.UsageError](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("a secret is told: %v", err)
			}
			if len(usage.Problems) != len(tt.want) {
				t.Fatalf("got %q, want %d messages", usage.Problems, len(tt.want))
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(usage.Problems[i], "c:"+want) {
					t.Errorf("message %d is %q, want %q", i, usage.Problems[i], want)
				}
			}
		})
	}
}

// FuzzParse: no text may crash the reader; each mistake names a line of the file;
// what is accepted has whole accounts and jobs.
func FuzzParse(f *testing.F) {
	f.Add(good)
	f.Add(account + "[accounts.b\nuser = x\n[jobs.j]\nkind = \"backup\"\nfolder = [\"a\",\n")
	f.Add("\ufeff[[x]]\na.b.c = {d = [1, {e = 2}]}\r\n\"\" = '''\n'''\n")
	f.Add("[defaults]\nsince = 2024-01-01\nquiet = 1e9\ntimeout = 0xFF_FF\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := config.Parse("c", []byte(text), "/home/me")
		if usage, ok := errors.AsType[*config.UsageError](err); ok {
			for _, problem := range usage.Problems {
				var line int
				if _, err := fmt.Sscanf(problem, "c:%d:", &line); err != nil || line < 1 || line > strings.Count(text, "\n")+1 {
					t.Errorf("%q names no line", problem)
				}
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range file.Accounts {
			if e := a.Endpoint("SOURCE"); a.Name == "" || e.Host == "" || e.User == "" {
				t.Errorf("account %q: %+v", a.Name, e)
			}
		}
		for _, j := range file.Jobs {
			for _, name := range []string{j.Account, j.Source, j.Target} {
				if name != "" && file.Account(name) == nil {
					t.Errorf("job %q: no account %q", j.Name, name)
				}
			}
		}
	})
}
