package config_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

var update = flag.Bool("update", false, "write the table of keys into docs/config.md")

const guide = "../../../docs/config.md"

// TestExample: the example in the guide is the program's own, and has no mistakes,
// nor has the file that is made of it.
func TestExample(t *testing.T) {
	if !strings.Contains(readFile(t, guide), "```toml\n"+config.Example()+"```\n") {
		t.Error("docs/config.md does not hold example.toml as it is")
	}
	f, err := config.Parse("example.toml", []byte(config.Example()), "/home/me")
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Accounts) != 6 || len(f.Jobs) != 2 {
		t.Errorf("%d accounts and %d jobs", len(f.Accounts), len(f.Jobs))
	}
	name := t.TempDir() + "/config.toml"
	if err := config.Make(name); err != nil {
		t.Fatal(err)
	}
	if f, err := config.ReadFile(name, true, ""); err != nil || len(f.Accounts) != 0 {
		t.Errorf("the new file: %v", err)
	}
	// Without the marks it is the example again.
	uncommented := strings.NewReplacer("\n#[", "\n[").Replace(readFile(t, name))
	for line := range strings.Lines(config.Example()) {
		if strings.HasPrefix(line, "[") && !strings.Contains(uncommented, "\n"+line) {
			t.Errorf("the new file lacks %q", line)
		}
	}
}

// TestKeysAreDocumented: the guide's table of keys is the table of settings.
func TestKeysAreDocumented(t *testing.T) {
	const mark = "<!-- keys: made from the table of settings -->\n"
	text := readFile(t, guide)
	head, _, found := strings.Cut(text, mark)
	if !found {
		t.Fatalf("%s lacks the mark", guide)
	}
	want := head + mark + keyTables()
	if *update {
		if err := os.WriteFile(guide, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if text != want {
		t.Errorf("the keys of %s are not those of the table of settings; go test ./cmd/internal/config -update writes them", guide)
	}
}

// keyTables is what the guide says of keys.
func keyTables() string {
	var b strings.Builder
	for _, place := range []struct {
		title string
		in    config.Place
	}{{"[accounts.NAME]", config.InAccount}, {"oauth of an account", config.InOAuth}, {"[jobs.NAME]", config.InJob}} {
		fmt.Fprintf(&b, "\n### %s\n\n| key | meaning |\n|---|---|\n", place.title)
		for _, s := range config.Settings() {
			if s.In&place.in != 0 {
				fmt.Fprintf(&b, "| `%s` | %s |\n", s.Name, words(s))
			}
		}
	}
	b.WriteString("\n### Flags, keys of [defaults], variables\n\n| flag | key | variable | commands | meaning |\n|---|---|---|---|---|\n")
	for _, s := range config.Settings() {
		if len(s.Commands) == 0 || s.Hidden {
			continue
		}
		key := "`" + s.Name + "`"
		if s.NoKey {
			key = ""
		}
		commands := slices.Sorted(slices.Values(s.Commands))
		if s.Name == "config" {
			commands = []string{"all"}
		}
		fmt.Fprintf(&b, "| `--%s` | %s | `%s` | %s | %s |\n", s.Name, key, s.Variable(), strings.Join(commands, ", "), words(s))
	}
	return b.String()
}

// words are the usage of a setting in one line.
func words(s config.Setting) string {
	return strings.NewReplacer("\n", " ", "`", "", "|", "\\|").Replace(s.Usage)
}

// TestSettings holds the table of settings against itself.
func TestSettings(t *testing.T) {
	type flagOf struct{ command, name string }
	seen := map[flagOf]bool{}
	for _, s := range config.Settings() {
		for _, c := range s.Commands {
			for _, name := range []string{s.Name, s.Short} {
				if name != "" && seen[flagOf{c, name}] {
					t.Errorf("%s has two flags %s", c, name)
				}
				seen[flagOf{c, name}] = true
			}
		}
		if s.Kind == config.Choice && len(s.Values) == 0 || s.Kind == config.Count && s.Max == 0 || s.Usage == "" {
			t.Errorf("%+v is not whole", s)
		}
		if len(s.Commands) == 0 && s.In == 0 {
			t.Errorf("%s is set nowhere", s.Name)
		}
	}
}
