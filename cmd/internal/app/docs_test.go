package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/app"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// run calls the program as its main function does.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = app.Run(t.Context(), app.Env{
		Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" },
		Now: time.Now, Version: "v1.2.3",
	}, args)
	return code, out.String(), errs.String()
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestExitCodesAreToldAlike: help, README and manual hold the same table.
func TestExitCodesAreToldAlike(t *testing.T) {
	_, help, _ := run(t, "help")
	want := rows(help[strings.Index(help, "Exit codes:"):], `(?m)^ +(\d+)  (.*)$`)
	if len(want) != 10 {
		t.Fatalf("help tells %d exit codes: %q", len(want), want)
	}
	for _, name := range []string{"README.md", "docs/manual.md"} {
		text := read(t, name)
		got := rows(text[strings.Index(text, "## Exit codes"):], `(?m)^\| (\d+) \| (.*) \|$`)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func rows(text, pattern string) []string {
	var out []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		out = append(out, m[1]+" "+m[2])
	}
	return out
}

// TestManualKnowsEachFlag: what help lists stands in the manual, and in the table of
// settings, from which keys and variables come.
func TestManualKnowsEachFlag(t *testing.T) {
	manual := read(t, "docs/manual.md")
	_, help, _ := run(t, "help")
	commands := rows(help, `(?m)^  ([a-z]+)( [][A-Z ]+|)  `)
	if len(commands) < 7 {
		t.Fatalf("help lists %q", commands)
	}
	_, help, _ = run(t, "help", "config")
	pairs := rows(help, `(?m)^  (config [a-z]+)( [][A-Z ]+|)  `)
	if len(pairs) < 5 {
		t.Fatalf("help config lists %q", pairs)
	}
	for _, c := range append(commands, pairs...) {
		words := strings.Fields(c)
		name := words[0]
		if name == "config" {
			name += " " + words[1]
		}
		if !strings.Contains(manual, "mailhaul "+name) {
			t.Errorf("the manual does not tell of the command %s", name)
		}
		code, text, _ := run(t, append([]string{"help"}, strings.Fields(name)...)...)
		if code != 0 {
			t.Fatalf("help %s ended with %d", name, code)
		}
		var listed, table []string
		for _, flag := range regexp.MustCompile(`(?m)^  --([a-z-]+)`).FindAllStringSubmatch(text, -1) {
			listed = append(listed, flag[1])
		}
		for _, s := range config.Flags(name) {
			if !s.Hidden {
				table = append(table, s.Name)
			}
		}
		if !slices.Equal(listed, table) {
			t.Errorf("the flags of %s are %q, config.Settings says %q", name, listed, table)
		}
		for _, flag := range regexp.MustCompile(`(?m)^  (--[a-z-]+)`).FindAllStringSubmatch(text, -1) {
			if !strings.Contains(manual, "`"+flag[1]) {
				t.Errorf("the manual does not tell of %s %s", name, flag[1])
			}
		}
	}
}
