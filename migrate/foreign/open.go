package foreign

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// Kind says what is looked for at a path.
type Kind uint8

// The kinds.
const (
	// Any is whatever is there: an mbox file, a Maildir, or a directory with
	// both anywhere in it.
	Any Kind = iota
	// Maildir is a Maildir, a Maildir++ tree or a directory tree of Maildirs.
	Maildir
	// Mbox is an mbox file or a directory tree of them.
	Mbox
)

// Dialect says how mbox files are written.
type Dialect uint8

// The dialects.
const (
	// Auto looks at each file.
	Auto Dialect = iota
	// MboxO quotes "From " as ">From ", and nothing else.
	MboxO
	// MboxRD quotes "From " behind any number of ">", and is reversible.
	MboxRD
	// MboxCL is MboxO with Content-Length.
	MboxCL
	// MboxCL2 has Content-Length and quotes nothing.
	MboxCL2
)

var dialectNames = [...]string{Auto: "auto", MboxO: "mboxo", MboxRD: "mboxrd", MboxCL: "mboxcl", MboxCL2: "mboxcl2"}

// String returns the name that [ParseDialect] reads.
func (d Dialect) String() string { return dialectNames[d] }

// ParseDialect reads the name of a dialect. The error wraps
// [mailhaul.ErrUsage].
func ParseDialect(name string) (Dialect, error) {
	if i := slices.Index(dialectNames[:], strings.ToLower(name)); i >= 0 {
		return Dialect(i), nil
	}
	return Auto, fmt.Errorf("%w: %q is no dialect of mbox, these are: %s", mailhaul.ErrUsage, name, strings.Join(dialectNames[:], ", "))
}

// Options are for [OpenWith]. The zero value finds everything out.
type Options struct {
	Dialect Dialect
}

// Source is foreign mail on disk as a [mailhaul.Source].
type Source struct {
	root    *os.Root
	folders []*folder
	skipped []Omission // found while looking for folders
}

var _ mailhaul.Source = (*Source)(nil)

// Open opens the mail at path. The error wraps [mailhaul.ErrUsage] when there
// is none.
func Open(ctx context.Context, kind Kind, path string) (*Source, error) {
	return OpenWith(ctx, kind, path, Options{})
}

// OpenWith is Open with options.
func OpenWith(ctx context.Context, kind Kind, path string, options Options) (*Source, error) {
	// The user named this path: links in it are the user's.
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, noMail(path, "there is nothing at %q", "check the path")
	}
	if err != nil {
		return nil, failed("open mail", err)
	}
	info, err := os.Stat(real)
	if err != nil {
		return nil, failed("open mail", err)
	}
	dir, file := real, ""
	if !info.IsDir() {
		if kind == Maildir {
			return nil, noMail(path, "%q is a file, not a Maildir", "give the directory with cur and new in it, or mbox:PATH")
		}
		dir, file = filepath.Split(real)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, failed("open mail", err)
	}
	s := &Source{root: root}
	search := &search{ctx: ctx, root: root, kind: kind, dialect: options.Dialect}
	if err = search.run(file); err != nil {
		root.Close()
		return nil, failed("look for mail", err)
	}
	s.folders, s.skipped = search.result()
	if len(s.folders) == 0 {
		root.Close()
		return nil, nothingFound(kind, path, file)
	}
	return s, nil
}

// Close closes the source.
func (s *Source) Close() error { return s.root.Close() }

func nothingFound(kind Kind, path, file string) error {
	switch {
	case file != "":
		return noMail(path, "%q is not an mbox file", `an mbox begins with "From "`)
	case kind == Maildir:
		return noMail(path, "there is no Maildir in %q", "a Maildir is a directory with cur and new in it; for other mail give the directory alone")
	case kind == Mbox:
		return noMail(path, "there is no mbox file in %q", `an mbox begins with "From "; for other mail give the directory alone`)
	}
	return noMail(path, "there is no mail in %q", `a Maildir is a directory with cur and new in it, an mbox a file that begins with "From "`)
}

func noMail(path, text, hint string) error {
	return &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: "open mail", Hint: hint,
		Err: fmt.Errorf("%w: "+text, mailhaul.ErrUsage, path)}
}

func failed(op string, err error) error {
	return &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: op, Err: err}
}
