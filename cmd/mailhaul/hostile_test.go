//go:build unix

package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// step is one call of the program and the exit codes that it may have.
type step struct {
	args  []string
	codes []int
}

// walk calls the program step by step and returns what each wrote.
func walk(t *testing.T, state string, more []string, steps []step) (outputs []string) {
	t.Helper()
	for _, s := range steps {
		cmd := haulCommand(t, state, append(slices.Clone(s.args), more...)...)
		out, err := cmd.CombinedOutput()
		if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); !slices.Contains(append(s.codes, 0), code) {
			t.Errorf("%v ended with %d: %q", cmd.Args[1:], code, out)
		}
		outputs = append(outputs, string(out))
	}
	return outputs
}

// hostileAccount is an account whose names, mail and answers are full of what a
// terminal would obey. With refuses it stores no mail.
func hostileAccount(t *testing.T, refuses bool) (url string, server *imaptest.ScriptServer) {
	t.Helper()
	text := strings.ReplaceAll(imaptest.TerminalText, "\r", "") // which ends lines
	encoded := "=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(imaptest.TerminalText)) + "?="
	message := func(uid uint32) imaptest.ScriptMessage {
		return imaptest.ScriptMessage{UID: uid, Flags: []string{`\Seen`, "$x" + text}, InternalDate: "01-Feb-2003 04:05:06 +0530",
			Body: fmt.Appendf(nil, "From: %s <a@example.org>\r\nSubject: %s %s\r\nMessage-ID: <%d%s>\r\n\r\n%s\r\n", text, text, encoded, uid, text, text)}
	}
	script := imaptest.Script{
		Capability: "IMAP4rev1 SASL-IR AUTH=PLAIN LITERAL+ UIDPLUS ID",
		Folders: []*imaptest.ScriptFolder{
			{Name: "INBOX", UIDValidity: 1, Messages: []imaptest.ScriptMessage{message(1), message(2), message(3)}},
			{Name: "evil" + text, UIDValidity: 2, Messages: []imaptest.ScriptMessage{message(4)}},
			{Name: "broken &" + text, UIDValidity: 3, Messages: []imaptest.ScriptMessage{message(5)}},
		},
		Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			switch {
			case command.Name == "UID FETCH" && strings.HasPrefix(command.Args, "3 ") && strings.Contains(command.Args, "BODY"),
				command.Name == "UID FETCH" && strings.HasPrefix(command.Args, "1:3 ") && strings.Contains(command.Args, "BODY"):
				c.Say("* OK [ALERT] "+imaptest.TerminalText, command.Tag+" NO ["+text+"] "+imaptest.TerminalText)
				return true
			}
			return false
		},
	}
	if refuses {
		script.Folders = []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 1}}
		script.Quirks = []imaptest.Quirk{imaptest.RefusesMessages(imaptest.TerminalText, func(m imaptest.ScriptMessage) bool { return strings.Contains(string(m.Body), "<1") })}
	}
	server = imaptest.NewScript(t, script)
	return "imap://me@" + server.Addr + "?tls=off", server
}

// TestTerminalSequences: nothing that a server or a message says is obeyed by a
// terminal: no output of any command but show, which gives octets, has control
// characters, also with --json.
func TestTerminalSequences(t *testing.T) {
	for _, more := range [][]string{nil, {"--json"}} {
		t.Run(strings.Join(more, " "), func(t *testing.T) {
			source, server := hostileAccount(t, false)
			target, _ := hostileAccount(t, true)
			base := t.TempDir()
			dir, state := filepath.Join(base, "archive"), filepath.Join(base, "state")
			folder := "evil" + strings.ReplaceAll(imaptest.TerminalText, "\r", "")
			outputs := walk(t, state, more, []step{
				{[]string{"backup", source, dir, "--dry-run"}, nil},
				{[]string{"backup", source, dir, "--verbose"}, []int{3}},
				{[]string{"ls", dir}, nil}, {[]string{"ls", dir, folder}, nil}, {[]string{"ls", dir, "INBOX", "--all"}, nil},
				{[]string{"ls", dir, "wrong" + folder}, []int{2}},
				{[]string{"compare", source, dir}, []int{7}},
				{[]string{"check", source}, []int{1, 2, 3}}, {[]string{"check", dir}, []int{1, 2, 3}},
			})
			server.Change(func(f []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
				f[0].Messages = f[0].Messages[1:]
				return f[:2]
			})
			outputs = append(outputs, walk(t, state, more, []step{
				{[]string{"backup", source, dir}, []int{3}},
				{[]string{"lost", dir}, nil}, {[]string{"history", dir}, nil},
				{[]string{"restore", dir, target, "--dry-run"}, nil}, {[]string{"restore", dir, target, "--deleted"}, []int{3}},
				{[]string{"migrate", source, target, "--verbose"}, []int{3}},
				{[]string{"export", dir, "maildir:" + filepath.Join(base, "maildir")}, []int{3}}, {[]string{"export", dir, "mbox:" + filepath.Join(base, "mbox")}, []int{3}},
				{[]string{"import", "mbox:" + filepath.Join(base, "mbox"), target}, []int{3}},
				{[]string{"prune", dir, "--keep-gone", "1d", "--dry-run"}, nil},
			})...)
			damage(t, filepath.Join(dir, "mail"))
			outputs = append(outputs, walk(t, state, more, []step{
				{[]string{"verify", dir}, []int{7}}, {[]string{"repair", dir}, []int{3}}, {[]string{"rebuild", dir, "--force"}, []int{3, 7}},
				{[]string{"verify", dir}, []int{7}},
			})...)
			for _, out := range outputs {
				if at := strings.IndexFunc(out, obeyed); at >= 0 || !utf8.ValidString(out) {
					t.Errorf("a terminal would obey at %d: %q", at, out)
				}
			}
			if all := strings.Join(outputs, ""); !strings.Contains(all, "owned") || !strings.Contains(all, "gone") {
				t.Errorf("nothing of the hostile text was shown: %q", all)
			}
		})
	}
}

// obeyed tells whether a terminal does something else with a character than show
// it.
func obeyed(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}

// damage changes an octet of each file.
func damage(t *testing.T, dir string) {
	t.Helper()
	eachFile(t, dir, func(path string, d fs.DirEntry) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > 0 {
			b[len(b)/2] ^= 1
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	})
}

// eachFile calls do for all regular files below dir.
func eachFile(t *testing.T, dir string, do func(path string, d fs.DirEntry)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			do(path, d)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// namesOf are the names in a directory.
func namesOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestPathsStayInside: folders whose names are made to lead out of the archive are
// backed up, rebuilt, exported and imported, all of them, and nothing is written
// anywhere else.
func TestPathsStayInside(t *testing.T) {
	var folders []*imaptest.ScriptFolder
	for i, name := range imaptest.HostileNames() {
		if strings.Contains(name, "\r") {
			name = strings.ReplaceAll(name, "\r", "")
		}
		folders = append(folders, &imaptest.ScriptFolder{Name: name, UIDValidity: uint32(i + 1), Messages: []imaptest.ScriptMessage{
			{UID: 1, Body: fmt.Appendf(nil, "Subject: %d\r\n\r\nin folder %d\r\n", i, i)}}})
	}
	server := imaptest.NewScript(t, imaptest.Script{Folders: folders})
	source := "imap://me@" + server.Addr + "?tls=off"
	for _, format := range []string{"maildir", "mbox"} {
		t.Run(format, func(t *testing.T) {
			above := t.TempDir()
			base := filepath.Join(above, "a", "b", "c")
			if err := os.MkdirAll(base, 0o700); err != nil {
				t.Fatal(err)
			}
			target := imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 1}}})
			dir, state := filepath.Join(base, "archive"), filepath.Join(base, "state")
			walk(t, state, nil, []step{{[]string{"backup", source, dir, "--format", format}, nil}, {[]string{"compare", source, dir}, nil}})
			if err := os.Remove(filepath.Join(dir, "mailhaul.db")); err != nil {
				t.Fatal(err)
			}
			walk(t, state, nil, []step{
				{[]string{"rebuild", dir, "--account", "me@127.0.0.1"}, nil}, {[]string{"backup", source, dir}, nil}, {[]string{"compare", source, dir}, nil},
				{[]string{"export", dir, format + ":" + filepath.Join(base, "files")}, []int{3}},
				{[]string{"import", filepath.Join(base, "files"), "imap://me@" + target.Addr + "?tls=off"}, []int{3}},
			})
			if got := namesOf(t, base); !slices.Equal(got, []string{"archive", "files", "state"}) {
				t.Errorf("beside the archive there is %q", got)
			}
			for _, dir := range []string{above, filepath.Join(above, "a"), filepath.Join(above, "a", "b")} {
				if got := namesOf(t, dir); len(got) != 1 {
					t.Errorf("%s holds %q", dir, got)
				}
			}
		})
	}
}

// TestPlantedLinksOfProgram: whatever part of an archive somebody replaces by a
// symbolic link, no command that writes changes what it leads to.
func TestPlantedLinksOfProgram(t *testing.T) {
	source, user := accountOf(t, 6, 6000)
	for _, format := range []string{"maildir", "mbox"} {
		planted := []string{"mail", "mail/Work", "mailhaul.db", "lock", "README.txt", "folders.txt", "quarantine", "mail/INBOX/cur", "mail/INBOX/tmp", "mail/INBOX/new", "mail/INBOX.mbox"}
		for _, name := range planted {
			for _, args := range [][]string{{"backup", source, "ARCHIVE"}, {"repair", "ARCHIVE", source}, {"rebuild", "ARCHIVE", "--force"}, {"prune", "ARCHIVE", "--keep-gone", "1d", "--yes"}} {
				t.Run(format+" "+name+" "+args[0], func(t *testing.T) {
					base := t.TempDir()
					dir, outside, state := filepath.Join(base, "archive"), filepath.Join(base, "outside"), filepath.Join(base, "state")
					walk(t, state, nil, []step{{[]string{"backup", source, dir, "--format", format}, nil}})
					at := filepath.Join(dir, filepath.FromSlash(name))
					if _, err := os.Lstat(at); err != nil {
						if name != "quarantine" {
							t.Skip("this format has no " + name)
						}
						if err := os.Mkdir(at, 0o700); err != nil {
							t.Fatal(err)
						}
					}
					if err := os.Rename(at, outside); err != nil {
						t.Fatal(err)
					}
					if err := os.Symlink(outside, at); err != nil {
						t.Fatal(err)
					}
					before := contents(t, outside)
					if err := user.Append("INBOX", mailOf("01-Feb-2024 10:00:00 +0100", nil, "Subject: more", "", "more")); err != nil {
						t.Fatal(err)
					}
					args = slices.Clone(args)
					args[slices.Index(args, "ARCHIVE")] = dir
					walk(t, state, nil, []step{{args, []int{1, 2, 3, 7}}})
					if after := contents(t, outside); after != before {
						t.Errorf("outside was changed:\n%s\nbefore:\n%s", after, before)
					}
				})
			}
		}
	}
}

// contents describes all files below a path, or the file that it is.
func contents(t *testing.T, path string) string {
	t.Helper()
	var b strings.Builder
	eachFile(t, path, func(path string, d fs.DirEntry) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %x\n", path, text)
	})
	return b.String()
}

// TestModesOfAllFiles: whatever the umask, all that any command writes is for its
// owner alone.
func TestModesOfAllFiles(t *testing.T) {
	source := account(t, 6, 6000)
	for _, format := range []string{"maildir", "mbox"} {
		base := t.TempDir()
		path := func(name string) string { return filepath.Join(base, name) }
		old := syscall.Umask(0)
		walk(t, path("state"), nil, []step{
			{[]string{"backup", source, path("archive"), "--format", format, "--trace", path("trace")}, nil},
			{[]string{"restore", path("archive"), account(t, 0, 0)}, nil}, {[]string{"export", path("archive"), format + ":" + path("files")}, nil},
		})
		damage(t, filepath.Join(path("archive"), "mail"))
		walk(t, path("state"), nil, []step{
			{[]string{"repair", path("archive"), source}, nil}, {[]string{"rebuild", path("archive"), "--force"}, []int{3, 7}},
			{[]string{"prune", path("archive"), "--keep-gone", "1d", "--yes"}, []int{3, 7}},
		})
		syscall.Umask(old)
		seen := 0
		eachFile(t, base, func(path string, d fs.DirEntry) {
			seen++
			if info, err := d.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", path, info.Mode(), err)
			}
		})
		err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
			if info, _ := d.Info(); err == nil && d.IsDir() && path != base && info.Mode().Perm() != 0o700 {
				t.Errorf("%s: %v", path, info.Mode())
			}
			return err
		})
		if err != nil || seen < 8 {
			t.Errorf("%d files, %v", seen, err)
		}
	}
}

// TestSecretsStaySecret: a password is in no output, trace, ledger or other file,
// in whatever way it was given, right or wrong; a program that we start does not
// see it, and no core file would hold it.
func TestSecretsStaySecret(t *testing.T) {
	const secret = "s3cr3t-W0rd"
	server := imaptest.NewScript(t, imaptest.Script{User: "me", Password: secret, Folders: []*imaptest.ScriptFolder{{Name: "INBOX", UIDValidity: 1}}})
	base := t.TempDir()
	plain := "imap://me@" + server.Addr + "?tls=off"
	file, told := filepath.Join(base, "password"), filepath.Join(base, "told")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("MAILHAUL_SOURCE_PASSWORD", "other-s3cr3t-W0rd")
	command := "sh -c 'ulimit -c >" + told + "; umask >>" + told + "; env >>" + told + "; cat " + file + "'"
	outputs := []string{}
	for i, more := range [][]string{{"-v"}, {"--json"}, nil} {
		dir := filepath.Join(base, fmt.Sprint("archive", i))
		trace := []string{"--trace", filepath.Join(base, fmt.Sprint("trace", i))}
		in := "imap://me:" + secret + "@" + server.Addr + "?tls=off"
		outputs = append(outputs, walk(t, filepath.Join(base, "state"), append(more, trace...), []step{
			{[]string{"backup", in, dir}, nil},
			{[]string{"backup", plain + "&password-file=" + file, dir}, nil},
			{[]string{"backup", plain + "&password-command=" + escape(command), dir}, nil},
			{[]string{"backup", plain, dir}, []int{4}}, // with the wrong one of the environment
			{[]string{"backup", "imap://me:" + secret + "@" + server.Addr + ":port?tls=off", dir}, []int{2}},
			{[]string{"migrate", in, "imap://you:" + secret + "@" + server.Addr + "?tls=off"}, []int{4}},
		})...)
		if !strings.Contains(outputs[len(outputs)-6], "the password stands in the URL") {
			t.Errorf("no warning: %q", outputs[len(outputs)-6])
		}
	}
	forbidden := []string{"s3cr3t"}
	for _, user := range []string{"\x00me\x00" + secret, "\x00you\x00" + secret, "\x00me\x00other-" + secret} {
		forbidden = append(forbidden, base64.StdEncoding.EncodeToString([]byte(user))[:16])
	}
	look := func(where, text string) {
		for _, word := range forbidden {
			if strings.Contains(text, word) {
				t.Errorf("%s holds the password: %q", where, text)
			}
		}
	}
	for _, out := range outputs {
		look("the output", out)
	}
	eachFile(t, base, func(path string, _ fs.DirEntry) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if path != file {
			look(path, string(text))
		}
	})
	if text, err := os.ReadFile(told); err != nil || !strings.HasPrefix(string(text), "0\n0077\n") {
		t.Errorf("limit of core files and umask: %.20q, %v", text, err)
	}
}

// escape writes a value of a URL's option percent-encoded.
func escape(s string) string {
	return strings.NewReplacer("%", "%25", " ", "%20", "&", "%26", "+", "%2B").Replace(s)
}
