package imapaccount

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/mailhaul/mailhaul"
)

// maxFolders bounds how many folders a server can make us hold.
const maxFolders = 200_000

// Folders lists all folders with counters and subscriptions, in one flight of
// commands where the server has LIST-STATUS, in two elsewhere. When the server
// cannot list some of them, the others come with an error of the folder's scope.
func (a *Account) Folders(ctx context.Context) ([]*mailhaul.Folder, error) {
	var folders []*mailhaul.Folder
	g := newGaps()
	err := a.withRetry(ctx, func(s *session) error {
		l := &lister{s: s, limits: a.takesMail, version: a.config.Version, gaps: g.again(), byRaw: map[string]*mailhaul.Folder{}, subscribed: map[string]bool{}}
		if err := l.list(); err != nil {
			return err
		}
		if len(l.folders) == 0 {
			return &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: "list folders of " + a.config.Host, Err: errNoFolders}
		}
		a.namespaces, a.utf8, a.limits = l.namespaces, s.utf8, l.limitsFound
		a.id = l.id
		for _, f := range l.folders {
			f.Namespace = l.namespaces.prefixOf(f.Raw, s.utf8)
			a.delimiter = cmp.Or(f.Delimiter, a.delimiter)
		}
		folders = l.folders
		return nil
	})
	if err == nil {
		err = g.failure(a)
	}
	return folders, err
}

// errNoFolders: an account without INBOX is none (RFC 9051, 5.1). To believe it
// would be to take all mail for deleted.
var errNoFolders = errors.New("the server names none, not even INBOX")

// lister collects what the answers to LIST and its companions say.
type lister struct {
	s           *session
	limits      bool // asked for, too
	limitsFound mailhaul.Limits
	version     string
	gaps        *gaps
	folders     []*mailhaul.Folder
	childless   map[string]bool // by raw name
	byRaw       map[string]*mailhaul.Folder
	inbox       *mailhaul.Folder
	subscribed  map[string]bool
	namespaces  Namespaces
	id          map[string]string
}

func (l *lister) list() error {
	s := l.s
	var optional []string // what a server may refuse comes first, all in one flight
	if s.caps.Has(imap.CapID) {
		optional = append(optional, s.send(fmt.Sprintf(`ID ("name" "mailhaul" "version" %q)`, l.version)))
	}
	if s.caps.Has(imap.CapNamespace) {
		optional = append(optional, s.send("NAMESPACE"))
	}
	if l.limits {
		optional = append(optional, l.askLimits()...)
	}
	if !s.caps.Has(imap.CapListExtended) {
		optional = append(optional, s.send(`LSUB "" "*"`))
	}
	whole := ""
	if l.gaps.asks("*") {
		whole = l.send("*")
	}
	if err := s.conn.Flush(); err != nil {
		return err
	}
	for _, tag := range optional {
		if err := s.wait(tag, 4*maxFolders, maxLine, l.answer); err != nil && !isRefusal(err) {
			return err
		}
	}
	if err := l.wait(whole, "*"); err != nil {
		return err
	}
	if err := l.levels(); err != nil {
		return err
	}
	for _, f := range l.folders {
		f.Subscribed = f.Subscribed || l.subscribed[f.Raw]
	}
	if !l.listStatus() {
		return l.statusAll()
	}
	return nil
}

// listStatus tells whether LIST gives the counters, too (RFC 5819).
func (l *lister) listStatus() bool {
	return l.s.caps.Has(imap.CapListExtended) && l.s.caps.Has(imap.CapListStatus)
}

// send asks for the folders that a pattern matches.
func (l *lister) send(pattern string) string {
	quoted, _ := quoteName(pattern)
	command := `LIST "" ` + quoted
	if l.s.caps.Has(imap.CapListExtended) {
		options := "SUBSCRIBED"
		if l.s.caps.Has(imap.CapSpecialUse) {
			options += " SPECIAL-USE"
		}
		if l.listStatus() {
			options += " STATUS (" + l.statusItems() + ")"
		}
		command += " RETURN (" + options + ")"
	}
	return l.s.send(command)
}

func (l *lister) answer(_ uint32, word string, r *response) error {
	switch word {
	case "LIST":
		return l.listed(r)
	case "LSUB":
		_, raw, _, err := l.entry(r)
		if err == nil {
			l.subscribed[raw] = true
		}
		return err
	case "STATUS":
		raw, err := r.name()
		if err != nil {
			return err
		}
		if done, err := l.readAppendLimit(r); done || err != nil {
			return err
		}
		f := l.byRaw[raw]
		if f == nil && strings.EqualFold(raw, "INBOX") {
			f = l.inbox
		}
		if f == nil {
			f = &mailhaul.Folder{} // an answer about nothing that we know
		}
		return readStatus(r, f)
	case "QUOTA":
		return readQuota(r, &l.limitsFound)
	case "ID":
		return l.readID(r)
	case "NAMESPACE":
		return l.readNamespaces(r)
	}
	return nil
}

// entry reads attributes, delimiter and raw name of a LIST or LSUB answer.
func (l *lister) entry(r *response) (attributes []string, raw, delimiter string, err error) {
	if err := r.expect('('); err != nil {
		return nil, "", "", err
	}
	for r.blanks(); !r.eat(')'); r.blanks() {
		w := r.word()
		if len(w) == 0 || len(attributes) > 100 {
			return nil, "", "", r.syntax("a folder attribute")
		}
		attributes = append(attributes, strings.ToLower(string(w)))
	}
	r.blanks()
	delimiter, null, err := r.text()
	if err != nil {
		return nil, "", "", err
	}
	if null {
		delimiter = ""
	}
	r.blanks()
	raw, err = r.name()
	return attributes, raw, delimiter, err
}

// specialUses are the attributes of RFC 6154 that say what a folder is for.
var specialUses = []string{`\All`, `\Archive`, `\Drafts`, `\Flagged`, `\Junk`, `\Sent`, `\Trash`, `\Important`}

func (l *lister) listed(r *response) error {
	attributes, raw, delimiter, err := l.entry(r)
	if err != nil || l.byRaw[raw] != nil {
		return err
	}
	if len(l.folders) >= maxFolders {
		return fmt.Errorf("%w: more than %d folders", errSyntax, maxFolders)
	}
	f := &mailhaul.Folder{Raw: raw, Name: decodeName(raw, l.s.utf8), Delimiter: delimiter, Size: -1}
	if strings.EqualFold(raw, "INBOX") { // in any case (RFC 9051, 5.1)
		f.Name = "INBOX"
		l.inbox = f
	}
	for _, attribute := range attributes {
		switch attribute {
		case `\noselect`, `\nonexistent`:
			f.NoSelect = true
		case `\subscribed`:
			f.Subscribed = true
		case `\hasnochildren`, `\noinferiors`:
			if l.childless == nil {
				l.childless = map[string]bool{}
			}
			l.childless[raw] = true
		}
		for _, use := range specialUses {
			if strings.EqualFold(use, attribute) {
				f.SpecialUse = use
			}
		}
	}
	l.folders = append(l.folders, f)
	l.byRaw[raw] = f
	return nil
}
