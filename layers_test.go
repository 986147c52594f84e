package mailhaul_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/mailhaul/mailhaul"

// layers says which packages of the project a package may import, by folder;
// a name that ends in /... stands for all below it. "" is the root.
func layers() map[string][]string {
	return map[string][]string{
		"":                           {},
		"checkpoint":                 {"", "checkpoint/..."},
		"checkpoint/lockfile":        {""},
		"migrate":                    {"", "migrate/plan", "migrate/filter", "checkpoint"},
		"migrate/plan":               {""},
		"migrate/filter":             {""},
		"migrate/compare":            {"", "migrate/filter"},
		"migrate/imapaccount":        {"", "migrate/imapaccount/quirk", "migrate/imapaccount/wire"},
		"migrate/imapaccount/quirk":  {},
		"migrate/imapaccount/wire":   {},
		"migrate/imaptest":           {"", "migrate/imaptest/..."},
		"migrate/imaptest/...":       {"", "migrate/imaptest/..."},
		"migrate/endpointtest":       {""},
		"migrate/foreign":            {"", "archive/maildir", "archive/mbox"},
		"migrate/export":             {"", "archive/maildir", "archive/mbox"},
		"archive":                    {"", "archive/maildir", "archive/mbox", "archive/internal/...", "checkpoint", "checkpoint/lockfile"},
		"archive/maildir":            {"", "archive/internal/..."},
		"archive/mbox":               {"", "archive/internal/..."},
		"archive/internal/...":       {"", "archive/internal/..."},
		"cmd/mailhaul":               {"cmd/internal/app"},
		"cmd/internal/app":           {"", "migrate", "migrate/compare", "migrate/export", "migrate/filter", "migrate/foreign", "migrate/imapaccount", "migrate/imapaccount/quirk", "migrate/imaptest/memory", "migrate/imaptest/sample", "archive", "checkpoint", "checkpoint/lockfile", "cmd/internal/config", "cmd/internal/credential", "cmd/internal/discover", "cmd/internal/header", "cmd/internal/notify", "cmd/internal/oauth", "cmd/internal/ui"},
		"cmd/internal/bench/...":     {"", "migrate", "migrate/...", "archive", "archive/...", "checkpoint", "cmd/internal/bench/..."},
		"cmd/internal/crashtest/...": {},
		"cmd/internal/gendocs":       {"cmd/internal/app"},
		"cmd/internal/config":        {""},
		"cmd/internal/credential":    {"", "cmd/internal/config"},
		"cmd/internal/discover":      {},
		"cmd/internal/header":        {},
		"cmd/internal/notify":        {},
		"cmd/internal/oauth":         {"", "checkpoint/lockfile", "cmd/internal/config", "cmd/internal/credential"},
		"cmd/internal/oauth/...":     {},
		"cmd/internal/ui":            {},
	}
}

// foreign says who alone may import a package that is not the project's own.
func foreign() map[string][]string {
	return map[string][]string{
		"github.com/emersion/go-imap/v2/imapclient": {"migrate/imapaccount"},
		"github.com/emersion/go-imap/v2/imapserver": {"migrate/imaptest", "migrate/imaptest/..."},
		"github.com/schollz/progressbar/v3":         {"cmd/internal/ui"},
		"github.com/pelletier/go-toml/v2/unstable":  {"cmd/internal/config"},
		"github.com/zalando/go-keyring":             {"cmd/internal/credential"},
		"golang.org/x/term":                         {"cmd/internal/ui"},
		"github.com/urfave/cli/v2":                  {"cmd/internal/app"},
		"modernc.org/sqlite":                        {"checkpoint", "checkpoint/..."},
		"database/sql":                              {"checkpoint", "checkpoint/..."},
		"testing":                                   {"migrate/imaptest", "migrate/imaptest/...", "migrate/endpointtest", "cmd/internal/oauth/oauthtest"},
		"golang.org/x/oauth2":                       {"cmd/internal/oauth"},
	}
}

// TestLayers holds the imports of all files that are built into the program,
// for every system, against the table. It reads the files itself instead of
// asking "go list": that would see the files of one system only, and the test
// cache would not notice when its answer changes.
func TestLayers(t *testing.T) {
	allowed := layers()
	for folder, imports := range importsOf(t) {
		list, known := lookUp(allowed, folder)
		if !known {
			t.Errorf("package %q is in no layer: add it to the table", folder)
			continue
		}
		for _, imported := range imports {
			own, isOwn := strings.CutPrefix(imported, module)
			own = strings.TrimPrefix(own, "/")
			switch users, guarded := foreign()[imported]; {
			case isOwn && !matches(list, own):
				t.Errorf("package %q must not import %q", folder, own)
			case guarded && !matches(users, folder):
				t.Errorf("package %q must not import %q, only %q may", folder, imported, users)
			case folder == "" && strings.Contains(imported, "."):
				t.Errorf("the root imports the standard library only, not %q", imported)
			}
		}
	}
}

// importsOf returns the imports of each package, by folder, tests left out.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder := strings.TrimPrefix(path.Dir(filepath.ToSlash(name)), ".")
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports[folder] = append(imports[folder], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(imports) < 5 {
		t.Fatalf("found %d packages only", len(imports))
	}
	return imports
}

// lookUp finds the layer of a folder: its own, else the nearest one above it.
func lookUp(table map[string][]string, folder string) ([]string, bool) {
	if list, found := table[folder]; found {
		return list, true
	}
	for dir := folder; dir != "."; dir = path.Dir(dir) {
		if list, found := table[path.Join(dir, "...")]; found {
			return list, true
		}
	}
	return nil, false
}

func matches(list []string, folder string) bool {
	return slices.ContainsFunc(list, func(pattern string) bool {
		below, isTree := strings.CutSuffix(pattern, "...")
		return folder == pattern || isTree && strings.HasPrefix(folder, below)
	})
}
