package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

// ledgerName is the file by which an archive is known.
const ledgerName = "mailhaul.db"

// end is where mail comes from: an account, an archive, or mail files of other
// programs.
type end struct {
	role    string
	account accountOptions // when url is set
	url     bool
	text    string // as the user wrote it
	path    string // of an archive or of mail files
	files   bool   // mail files, not an archive
	kind    foreign.Kind
	dialect foreign.Dialect
	back    back // of an archive
	options archive.SourceOptions
}

// parseEnd reads an end of any kind: an account, maildir:PATH, mbox:PATH, or a
// directory, which is an archive when there is a ledger in it.
func parseEnd(c *cli.Context, role, text string, p *config.Problems) end {
	e := end{role: role, text: text, path: text, kind: foreign.Any}
	maildir, isMaildir := strings.CutPrefix(text, "maildir:")
	mbox, isMbox := strings.CutPrefix(text, "mbox:")
	switch {
	case settingsOf(c).isAccount(text):
		if !config.IsURL(text) && text[0] != '@' && exists(text) {
			p.Addf("%s: %s is an account of the config file, and there is a file of that name; write @%s or ./%s", role, text, text, text)
		}
		e.url, e.account = true, parseAccount(c, role, text, p)
		return e
	case isMaildir:
		e.files, e.kind, e.path = true, foreign.Maildir, maildir
	case isMbox:
		e.files, e.kind, e.path = true, foreign.Mbox, mbox
	case text != "":
		_, err := os.Stat(filepath.Join(text, ledgerName))
		// What may not be looked at is told by the one who opens it.
		e.files = err != nil && !errors.Is(err, fs.ErrPermission)
	}
	if e.path == "" && text != "" {
		p.Addf("%s: no path behind %s", role, text)
	}
	return e
}

// exists tells whether something is at a path; what cannot be told is.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !os.IsNotExist(err)
}

// name names the end in the ledger of a pair: whatever the way to it.
func (e end) name() string {
	if e.url {
		return nameInLedger(e.account.endpoint)
	}
	path, err := filepath.Abs(e.path)
	if err != nil {
		path = e.path
	}
	return path
}

// open opens the end for reading. The function that it returns closes it.
func (e end) open(ctx context.Context, env Env, u *ui.UI) (mailhaul.Source, func() error, error) {
	e.path = config.ExpandHome(e.path, env.Getenv("HOME")) // the shell leaves ~ behind a colon alone
	switch {
	case e.url:
		return e.account.open(ctx, env, u)
	case e.files:
		if !exists(e.path) {
			return nil, nil, config.Usagef("%s: there is nothing at %s", e.role, e.path)
		}
		path, err := filepath.Abs(e.path)
		if err != nil {
			return nil, nil, fmt.Errorf("find mail files: %w", err)
		}
		s, err := foreign.OpenWith(ctx, e.kind, path, foreign.Options{Dialect: e.dialect})
		if err != nil {
			return nil, nil, err
		}
		return s, func() error {
			for _, o := range s.Omissions() {
				u.Remark(fmt.Sprintf("left out %d at %q: %s", o.Count, o.Path, o.Reason))
			}
			return s.Close()
		}, nil
	}
	a, err := archive.OpenReadOnly(ctx, e.path)
	if err != nil {
		return nil, nil, err
	}
	return a.Source(e.options), a.Close, nil
}
