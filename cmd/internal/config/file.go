package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode"
)

// longestFile is the most octets of a config file.
const longestFile = 1 << 20

// File is a config file: accounts, jobs, and what holds where the command line
// says nothing.
type File struct {
	// Name is where it lies, "" if there is none.
	Name     string
	Accounts []*Account // in the order of the file
	Jobs     []*Job
	// defaults are [defaults], under "", and [defaults.COMMAND].
	defaults map[string]Values
}

// PlaceOf returns where the config file lies: MAILHAUL_CONFIG, else the user's
// configuration directory (XDG Base Directory). Named tells that the user named
// it, so that it must be there. Without a home there is no such place: "".
func PlaceOf(flag string, getenv func(string) string) (name string, named bool) {
	for _, given := range []string{flag, getenv("MAILHAUL_CONFIG")} {
		if given != "" {
			return ExpandHome(given, getenv("HOME")), true
		}
	}
	if dir := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "mailhaul", "config.toml"), false
	}
	if dir := getenv("AppData"); runtime.GOOS == "windows" && dir != "" {
		return filepath.Join(dir, "mailhaul", "config.toml"), false
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".config", "mailhaul", "config.toml"), false
	}
	return "", false
}

// ReadFile reads a config file. All its mistakes are in the *UsageError that it
// returns. A file that is not there is an empty one, unless the user named it.
func ReadFile(name string, named bool, home string) (*File, error) {
	if _, err := os.Stat(name); name == "" || !named && errors.Is(err, fs.ErrNotExist) {
		return &File{}, nil
	}
	text, err := ReadPrivate("config file", name, longestFile+1)
	if err != nil {
		return nil, err
	}
	if len(text) > longestFile {
		return nil, Usagef("config file: %s is longer than %d octets", name, longestFile)
	}
	return Parse(name, text, home)
}

// Parse reads the text of a config file. Name stands in messages; paths in it are
// relative to its directory.
func Parse(name string, text []byte, home string) (*File, error) {
	r := &reader{
		file: &File{Name: name, defaults: map[string]Values{}}, home: home,
		document: parseDocument(text),
	}
	r.read()
	mistakes := r.document.mistakes
	if len(mistakes) == 0 {
		return r.file, nil
	}
	slices.SortStableFunc(mistakes, func(a, b mistake) int { return cmp.Compare(a.line, b.line) })
	var p Problems
	for _, m := range mistakes {
		p.Addf("%s:%d: %s", name, m.line, m.text)
	}
	return nil, p.Err()
}

// Account returns the account of that name, nil if there is none.
func (f *File) Account(name string) *Account {
	for _, a := range f.Accounts {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// AccountNames are the names of the accounts in the order of the file.
func (f *File) AccountNames() []string {
	var names []string
	for _, a := range f.Accounts {
		names = append(names, a.Name)
	}
	return names
}

// SecretVariables are the variables of the environment that hold passwords.
func (f *File) SecretVariables() []string {
	var names []string
	for _, a := range f.Accounts {
		if v, found := a.Values["password-env"]; found {
			names = append(names, v.Text())
		}
	}
	return names
}

// Job returns the job of that name, nil if there is none.
func (f *File) Job(name string) *Job {
	for _, j := range f.Jobs {
		if j.Name == name {
			return j
		}
	}
	return nil
}

// Defaults returns what [defaults.COMMAND] and, weaker, [defaults] say of a
// command's flags.
func (f *File) Defaults(command string) Values {
	out := Values{}
	for _, s := range Flags(command) {
		if v := Resolve(s.Name, f.defaults[command], f.defaults[""]); v.Origin != (Origin{}) {
			out[s.Name] = v
		}
	}
	return out
}

// reader makes a File of a document.
type reader struct {
	file     *File
	home     string
	document *document
}

func (r *reader) addf(line int, format string, args ...any) {
	r.document.addf(line, format, args...)
}

func (r *reader) read() {
	tables := []string{"accounts", "jobs", "defaults"}
	for _, n := range r.document.root.children {
		switch {
		case !slices.Contains(tables, n.name):
			r.unknownTop(n, tables)
		case n.value != nil:
			r.addf(n.line, "%s is a table: [%s.NAME]", n.name, n.name)
		case n.name == "defaults":
			r.readDefaults(n)
		case n.name == "accounts":
			r.eachTable(n, r.readAccount)
		default:
			r.eachTable(n, r.readJob)
		}
	}
	r.checkReferences()
}

// unknownTop tells of a table or a key that stands before all tables.
func (r *reader) unknownTop(n *node, tables []string) {
	switch {
	case n.value == nil:
		r.addf(n.line, "unknown table [%s]%s", n.name, DidYouMean(n.name, tables))
	case len(findSettings(n.name)) > 0:
		r.addf(n.line, "%s stands before all tables; it belongs in %s", n.name, placesOf(n.name))
	default:
		r.addf(n.line, "unknown key %s; all keys stand in a table: [accounts.NAME], [jobs.NAME] or [defaults]", n.name)
	}
}

// eachTable gives the tables below [accounts] or [jobs] to read.
func (r *reader) eachTable(parent *node, read func(*node)) {
	for _, n := range parent.children {
		switch {
		case n.value != nil:
			r.addf(n.line, "%s stands in no [%s.NAME]", n.name, parent.name)
		case !goodName(n.name):
			r.addf(n.line, "%q is no good name; use letters, digits and . _ - + @, a letter or a digit first", n.name)
		default:
			read(n)
		}
	}
}

// goodName tells whether a name can be told from paths and URLs.
func goodName(name string) bool {
	for i, c := range name {
		letter := unicode.IsLetter(c) || unicode.IsDigit(c)
		if !letter && (i == 0 || !strings.ContainsRune("._-+@", c)) {
			return false
		}
	}
	return name != ""
}

// readDefaults reads [defaults] and [defaults.COMMAND].
func (r *reader) readDefaults(n *node) {
	var general []*node
	for _, c := range n.children {
		if c.value != nil {
			general = append(general, c)
			continue
		}
		if flags := keySettings(c.name); len(flags) > 0 {
			r.file.defaults[c.name] = r.values(c.children, flags, fmt.Sprintf("[defaults.%s]", c.name))
		} else {
			r.addf(c.line, "[defaults.%s]: unknown command %s%s", c.name, c.name, DidYouMean(c.name, commandNames()))
		}
	}
	r.file.defaults[""] = r.values(general, flagSettings(), "[defaults]")
}
