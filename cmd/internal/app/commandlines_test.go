package app_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/app"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// words splits a line of shell into words: blanks, quotes, a comment; what stands
// behind an operator is not its command's.
func words(line string) []string {
	var out []string
	word, started, quote := "", false, rune(0)
	flush := func() {
		if started {
			out = append(out, word)
		}
		word, started = "", false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word += string(r)
		case r == '\'' || r == '"':
			quote, started = r, true
		case r == ' ' || r == '\t':
			flush()
		case r == '#' && !started, strings.ContainsRune("|;&<>", r):
			flush()
			return out
		default:
			word, started = word+string(r), true
		}
	}
	flush()
	return out
}

// checkLine holds a line that begins with mailhaul against the real command line:
// the command, its flags, and how many arguments it takes.
func checkLine(t *testing.T, where, line string) {
	t.Helper()
	line, _, _ = strings.Cut(line, "   ") // what it does may stand behind
	args := words(line)[1:]
	if len(args) == 0 || strings.Contains(line, "[") || strings.Contains(line, " COMMAND") {
		return // how to write it, not a line to be given
	}
	command, rest, err := app.ParseLine(args)
	if err != nil {
		t.Errorf("%s: %s: %v", where, line, err)
		return
	}
	for _, c := range app.CommandInfos() {
		if c.Name != command || command == "help" {
			continue
		}
		most := strings.Fields(c.Args)
		least := 0
		for _, a := range most {
			if !strings.HasPrefix(a, "[") {
				least++
			}
		}
		if strings.Contains(line, " --list ") { // in place of the arguments
			least = 0
		}
		if len(rest) < least || len(rest) > len(most) && !strings.HasSuffix(c.Args, "...") {
			t.Errorf("%s: %s: %q are not the arguments %q", where, line, rest, c.Args)
		}
	}
}

// TestCommandLinesInDocs: each line of a code block that calls mailhaul can be
// given to it.
func TestCommandLinesInDocs(t *testing.T) {
	names, err := filepath.Glob("../../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, name := range append(names, "../../../README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fenced, before := false, ""
		for line := range strings.Lines(string(text)) {
			line = strings.TrimRight(line, "\n")
			if strings.HasPrefix(line, "```") {
				fenced = !fenced
			}
			code := fenced || strings.HasPrefix(line, "    ")
			line = before + strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "$ "), "./")
			before = ""
			if more, goesOn := strings.CutSuffix(line, `\`); goesOn && code {
				before = more
				continue
			}
			if code && strings.HasPrefix(line, "mailhaul ") && !strings.Contains(line, "|") {
				checkLine(t, filepath.Base(name), line)
				checked++
			}
		}
	}
	if checked < 20 {
		t.Fatalf("found %d lines only", checked)
	}
}

// TestHelpOfEachCommand: a command without text or examples is not finished; its
// examples call it, and can be given.
func TestHelpOfEachCommand(t *testing.T) {
	for _, c := range app.CommandInfos() {
		if !c.HasText {
			t.Errorf("%s has no Description", c.Name)
		}
		if len(c.Examples) == 0 {
			t.Errorf("%s has no examples: add them to examples.go", c.Name)
		}
		for _, e := range c.Examples {
			if !strings.HasPrefix(e+" ", "mailhaul "+c.Name+" ") {
				t.Errorf("%q is no example of %s", e, c.Name)
				continue
			}
			checkLine(t, "examples of "+c.Name, e)
		}
		_, help, _ := run(t, append([]string{"help"}, strings.Fields(c.Name)...)...)
		sections := []string{"Usage: mailhaul " + c.Name, "\nExamples:\n  mailhaul " + c.Name, "\nExit codes:\n"}
		if len(c.Flags) > 0 {
			sections = append(sections, "\nEnvironment:\n")
		}
		for _, want := range sections {
			if !strings.Contains(help, want) {
				t.Errorf("help %s lacks %q", c.Name, want)
			}
		}
	}
}

// TestIntroduction: the program's name alone shows what people come for.
func TestIntroduction(t *testing.T) {
	code, stdout, stderr := run(t)
	if code != 2 || stdout != "" {
		t.Errorf("code %d, standard output %q", code, stdout)
	}
	checked := 0
	for line := range strings.Lines(stderr) {
		_, call, found := strings.Cut(line, "  mailhaul ")
		if found {
			checkLine(t, "introduction", "mailhaul "+strings.TrimSpace(call))
			checked++
		}
	}
	if checked != 6 {
		t.Errorf("%d command lines in\n%s", checked, stderr)
	}
}

// TestBadUse: each command, without its arguments, with a flag that nobody knows,
// and with each of its flags without a value or with a wrong one, ends with 2, says
// what is wrong and where to read on, and writes nothing to standard output.
func TestBadUse(t *testing.T) {
	bad := func(t *testing.T, want string, args ...string) {
		t.Helper()
		code, stdout, stderr := run(t, args...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%q: code %d, standard output %q, standard error %q; want %q in it", args, code, stdout, stderr, want)
		}
		command := args[0]
		if command == "config" {
			command += " " + args[1]
		}
		if !strings.Contains(stderr, "'mailhaul help "+command+"' tells more") {
			t.Errorf("%q: no word of where to read on: %q", args, stderr)
		}
	}
	for _, c := range app.CommandInfos() {
		t.Run(c.Name, func(t *testing.T) {
			name := strings.Fields(c.Name)
			call := func(more ...string) []string { return append(append([]string{}, name...), more...) }
			ends := map[string]string{
				"SOURCE": "imaps://me@one.invalid", "ENDPOINT": "imaps://me@one.invalid", "ACCOUNT": "imaps://me@one.invalid", "A": "imaps://me@one.invalid",
				"TARGET": "imaps://me@other.invalid", "B": "imaps://me@other.invalid", "FILES": "mbox:nowhere",
			}
			var arguments []string
			for _, a := range strings.Fields(c.Args) {
				arguments = append(arguments, cmp.Or(ends[strings.Trim(a, "[]")], "nowhere"))
			}
			bad(t, "unknown flag --nonsense for '"+c.Name+"'", call("--nonsense")...)
			if c.Args != "" && !strings.HasPrefix(c.Args, "[") {
				bad(t, "is missing", call()...)
			}
			for _, s := range c.Flags {
				flag := "--" + s.Name
				switch s.Kind {
				case config.Bool:
					bad(t, "flag "+flag+" takes no value", call(flag+"=perhaps")...)
					continue
				case config.Choice, config.Count, config.Timeout, config.Rate, config.Size, config.Date, config.Period, config.Budget:
					switch {
					case c.Name == "config show": // it tells what holds, be it right or wrong
					case c.Name == "migrate" && s.Name == "jobs": // goes with --list only
						bad(t, flag+": \"%nonsense\"", call("--list", "nowhere", flag, "%nonsense")...)
					default:
						bad(t, flag+": \"%nonsense\"", append(call(arguments...), flag, "%nonsense")...)
					}
				}
				bad(t, "flag "+flag+" needs a value", call(flag)...)
			}
		})
	}
}

// TestDocumentsAreUpToDate: manual page and completions in docs/ are those of the
// commands.
func TestDocumentsAreUpToDate(t *testing.T) {
	for name, text := range app.Documents() {
		if read(t, filepath.Join("docs", name)) != text {
			t.Errorf("docs/%s is not what the commands say: run 'make docs'", name)
		}
	}
}

// TestManualPage: each line of the manual page is text, or a macro that there is;
// no line of the text begins as one by chance.
func TestManualPage(t *testing.T) {
	macros := map[string]bool{".TH": true, ".SH": true, ".SS": true, ".PP": true, ".TP": true, ".B": true, ".nf": true, ".fi": true, ".br": true, `.\"`: true}
	page := app.Documents()["man/mailhaul.1"]
	flat := true
	for line := range strings.Lines(page) {
		macro, _, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		switch {
		case strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !macros[macro]:
			t.Errorf("not a macro: %q", line)
		case macro == ".nf" || macro == ".fi":
			if (macro == ".nf") != flat {
				t.Errorf("%s within another: %q", macro, line)
			}
			flat = macro == ".fi"
		}
	}
	for _, c := range app.CommandInfos() {
		if !strings.Contains(page, ".SS mailhaul "+c.Name) {
			t.Errorf("no section on %s", c.Name)
		}
	}
	if groff, err := exec.LookPath("groff"); err == nil {
		cmd := exec.CommandContext(t.Context(), groff, "-man", "-Tutf8", "-ww", "-z")
		cmd.Stdin = strings.NewReader(page)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("groff: %v: %s", err, out)
		}
	}
}

// TestCompletion: bash itself completes, and zsh and fish, where they are, read
// their scripts.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		code, script, _ := run(t, "completion", shell)
		if code != 0 || script == "" {
			t.Fatalf("%s: code %d", shell, code)
		}
		program, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		cmd := exec.CommandContext(t.Context(), program, "-n")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", shell, err, out)
		}
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	_, script, _ := run(t, "completion", "bash")
	for _, tt := range []struct{ line, want string }{
		{"mailhaul mig", "migrate"},
		{"mailhaul config sh", "show"},
		{"mailhaul config show --ju", ""},
		{"mailhaul config password --for", "--forget"},
		{"mailhaul backup --fo", "--format --folder"},
		{"mailhaul backup imaps://me@h mail --format m", "maildir mbox"},
		{"mailhaul backup --folder m", ""},
		{"mailhaul import --mbox-dialect mboxc", "mboxcl mboxcl2"},
		{"mailhaul --quiet verify --sam", "--sample"},
		{"mailhaul completion f", "fish"},
		{"mailhaul help verif", "verify"},
		{"mailhaul verify --cpu", ""},
	} {
		fields := strings.Fields(tt.line)
		last := string(rune('0' + len(fields) - 1))
		program := script + "\nCOMP_WORDS=(" + tt.line + "); COMP_CWORD=" + last + "; _mailhaul; echo \"${COMPREPLY[*]}\""
		out, err := exec.CommandContext(t.Context(), bash, "--norc", "-c", program).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != tt.want {
			t.Errorf("%s<TAB>: %v, got %q, want %q", tt.line, err, got, tt.want)
		}
	}
}

// TestCompletionOfNames: a script is told the names in the config file, and of a bad
// file nothing, such as one with a name that a shell takes for something else.
func TestCompletionOfNames(t *testing.T) {
	text := ""
	for _, name := range []string{"me", "ann@example.org"} {
		text += fmt.Sprintf("[accounts.%q]\naddress = \"imaps://h\"\nuser = \"u\"\n", name)
	}
	text += "[jobs.nightly]\nkind = \"backup\"\naccount = \"me\"\narchive = \"/a\"\n"
	file := filepath.Join(t.TempDir(), "config.toml")
	for _, c := range []struct{ text, accounts, jobs string }{{text, "me\nann@example.org\n", "nightly\n"}, {text + "[accounts.\"$(touch x)\"]\naddress = \"imaps://h\"\nuser = \"u\"\n", "", ""}} {
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for which, want := range map[string]string{"accounts": c.accounts, "jobs": c.jobs} {
			var out, errs bytes.Buffer
			code := app.Run(t.Context(), app.Env{Stdout: &out, Stderr: &errs, Now: time.Now, Getenv: func(name string) string {
				if name == "MAILHAUL_CONFIG" {
					return file
				}
				return ""
			}}, []string{"completion", which})
			if code != 0 || out.String() != want || errs.Len() > 0 {
				t.Errorf("%s: code %d, %q, %q, want %q", which, code, &out, &errs, want)
			}
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if _, script, _ := run(t, "completion", shell); !strings.Contains(script, "accounts") || !strings.Contains(script, "jobs") {
			t.Errorf("the script for %s asks for no names", shell)
		}
	}
}
