package imapaccount

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
)

// lostAtMost is how often the line may be lost at a LIST before that is given up:
// some servers end the connection over a folder that they cannot list. Of one that
// does so, once is enough.
const lostAtMost = 2

// gaps are the patterns that a server cannot list. It lasts longer than a session.
type gaps struct {
	asked string // the pattern under way
	lost  int
	given map[string]error // up, and why
}

func newGaps() *gaps { return &gaps{given: map[string]error{}} }

// again begins with a new session.
func (g *gaps) again() *gaps {
	if g.asked != "" {
		if g.lost++; g.lost >= lostAtMost {
			g.given[g.asked] = errLostAtList
		}
		g.asked = ""
	}
	return g
}

var errLostAtList = errors.New("it ends the connection")

// asks tells whether a pattern is to be asked for.
func (g *gaps) asks(pattern string) bool { return g.given[pattern] == nil }

// failure returns what a list of folders lacks, nil when it is whole.
func (g *gaps) failure(a *Account) error {
	if len(g.given) == 0 {
		return nil
	}
	patterns := slices.Sorted(maps.Keys(g.given))
	err := fmt.Errorf("the server cannot list %q: %w; folders were listed level by level, and some may be missing", patterns, g.given[patterns[0]])
	return &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: "list folders of " + a.config.Host, Hint: a.kind.Load().ListHint, Err: err}
}

// wait waits for the answer to a LIST, "" for one that was not sent. A server that
// cannot list the pattern leaves a gap.
func (l *lister) wait(tag, pattern string) error {
	if tag == "" {
		return nil
	}
	l.gaps.asked = pattern
	err := l.s.wait(tag, 4*maxFolders, maxLine, l.answer)
	if err != nil && !isRefusal(err) {
		return err
	}
	l.gaps.asked = ""
	if err == nil {
		return nil
	}
	if s := err.(*statusError); quirk.Later(s.code, s.text) || s.kind == "BAD" { //nolint:errorlint // a refusal is one
		return err
	}
	l.gaps.given[pattern] = err
	return nil
}

// levels lists the folders level by level, for a server that cannot list all at
// once; and below a folder that it cannot list those to which the account is
// subscribed.
func (l *lister) levels() error {
	if l.gaps.asks("*") {
		return nil
	}
	known := 0
	for patterns := []string{"%"}; len(patterns) > 0; patterns = patterns[1:] {
		p := patterns[0]
		if l.gaps.asks(p) {
			tag := l.send(p)
			if err := l.s.conn.Flush(); err != nil {
				return err
			}
			if err := l.wait(tag, p); err != nil {
				return err
			}
		}
		for _, f := range l.folders[known:] {
			if below, ok := l.below(f); ok {
				patterns = append(patterns, below)
			}
		}
		known = len(l.folders)
	}
	if len(l.folders) == 0 {
		return l.gaps.given["*"]
	}
	return l.subscriptions()
}

// below returns the pattern of the folders directly below one, false when there
// are none.
func (l *lister) below(f *mailhaul.Folder) (string, bool) {
	pattern := f.Raw + f.Delimiter + "%"
	if _, ok := quoteName(pattern); !ok || f.Delimiter == "" || l.childless[f.Raw] || strings.ContainsAny(f.Raw, "%*") {
		return "", false
	}
	return pattern, true
}

// subscriptions takes the folders of the list of subscriptions that lie in a gap.
func (l *lister) subscriptions() error {
	tag := l.s.send(`LSUB "" "*"`)
	if err := l.s.conn.Flush(); err != nil {
		return err
	}
	if err := l.s.wait(tag, 4*maxFolders, maxLine, l.answer); err != nil && !isRefusal(err) {
		return err
	}
	for _, raw := range slices.Sorted(maps.Keys(l.subscribed)) {
		if l.byRaw[raw] == nil && l.inGap(raw) && len(l.folders) < maxFolders {
			f := &mailhaul.Folder{Raw: raw, Name: decodeName(raw, l.s.utf8), Delimiter: l.folders[0].Delimiter, Size: -1}
			l.folders = append(l.folders, f)
			l.byRaw[raw] = f
		}
	}
	return nil
}

// inGap tells whether a folder is one that the server cannot list.
func (l *lister) inGap(raw string) bool {
	for pattern := range l.gaps.given {
		if above, level := strings.CutSuffix(pattern, "%"); level && strings.HasPrefix(raw, above) {
			return true
		}
	}
	return false
}
