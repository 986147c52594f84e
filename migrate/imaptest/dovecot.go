package imaptest

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"
)

//go:embed dovecot.conf.tmpl
var dovecotConf string

// Option changes how Dovecot is configured.
type Option func(*dovecotOptions)

type dovecotOptions struct {
	Capability, Format, Fsync string
	MaxConnections            int
	Quota, MaxMessage         int64
	Tokens                    bool
	ReadOnly                  []string
	Settings                  []string
}

// Capability sets the list that Dovecot announces. What is left out is hidden,
// not switched off: a client that uses it all the same is answered.
func Capability(list ...string) Option {
	return func(o *dovecotOptions) { o.Capability = strings.Join(list, " ") }
}

// Poor lets Dovecot announce IMAP4rev1 and nothing else.
func Poor() Option { return Capability("IMAP4rev1") }

// dovecotCapabilities is what Dovecot 2.3.19 announces with the configuration of
// these tests.
const dovecotCapabilities = "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT SORT=DISPLAY THREAD=REFERENCES " +
	"THREAD=REFS THREAD=ORDEREDSUBJECT MULTIAPPEND URL-PARTIAL CATENATE UNSELECT CHILDREN NAMESPACE UIDPLUS " +
	"LIST-EXTENDED I18NLEVEL=1 CONDSTORE QRESYNC ESEARCH ESORT SEARCHRES WITHIN CONTEXT=SEARCH LIST-STATUS BINARY MOVE " +
	"SNIPPET=FUZZY PREVIEW=FUZZY PREVIEW STATUS=SIZE SAVEDATE LITERAL+ NOTIFY SPECIAL-USE COMPRESS=DEFLATE QUOTA"

// Without hides extensions and leaves all others announced. Who hides CONDSTORE
// hides QRESYNC, too, which implies it.
func Without(extensions ...string) Option {
	return Capability(slices.DeleteFunc(strings.Fields(dovecotCapabilities), func(c string) bool {
		return slices.Contains(extensions, c) || c == "QRESYNC" && slices.Contains(extensions, "CONDSTORE")
	})...)
}

// LiteralMinus announces LITERAL- in place of LITERAL+. That a literal of more
// than 4096 octets must wait then is not enforced: a [Script] does that.
func LiteralMinus() Option {
	return Capability(strings.Fields(strings.Replace(dovecotCapabilities, "LITERAL+", "LITERAL-", 1))...)
}

// Quota gives each account room for so many octets of mail, in units of 1024.
// More is refused with [OVERQUOTA], after the literal has come.
func Quota(octets int64) Option { return func(o *dovecotOptions) { o.Quota = octets } }

// MaxMessage refuses messages of more octets with [LIMIT], to a client that waits
// before the literal has come. The limit is not announced: Dovecot 2.3 knows no
// APPENDLIMIT.
func MaxMessage(octets int64) Option { return func(o *dovecotOptions) { o.MaxMessage = octets } }

// ReadOnlyFolders lets the owner only read folders with these names, which may hold the
// wildcards of LIST. They can be made: from then on APPEND and DELETE are refused
// with [NOPERM], SELECT gives [READ-ONLY].
func ReadOnlyFolders(names ...string) Option {
	return func(o *dovecotOptions) { o.ReadOnly = names }
}

// Format sets how Dovecot keeps mail: mdbox (the default), sdbox or maildir.
func Format(format string) Option { return func(o *dovecotOptions) { o.Format = format } }

// Fsync sets when Dovecot syncs: never (the default), optimized or always.
func Fsync(mode string) Option { return func(o *dovecotOptions) { o.Fsync = mode } }

// MaxConnections limits the connections that one user may have at once.
func MaxConnections(n int) Option { return func(o *dovecotOptions) { o.MaxConnections = n } }

// Setting adds a line "name = value" at the end of Dovecot's configuration.
func Setting(name, value string) Option {
	return func(o *dovecotOptions) { o.Settings = append(o.Settings, name+" = "+value) }
}

// Dovecot returns the process's Dovecot with these options. Of its folders Drafts,
// Sent, Trash and Junk are special uses as soon as they are made, others never.
//
// What to know of Dovecot 2.3: an APPEND with a system flag that it does not know
// (\Recent is one) or with a bad date is refused in a way that lets it run the
// literal of a client that did not wait as commands. CREATE takes special uses
// without announcing so, and forgets them.
func Dovecot(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	o := dovecotOptions{Format: "mdbox", Fsync: "never", MaxConnections: 10000}
	for _, option := range options {
		option(&o)
	}
	return shared(tb, fmt.Sprintf("dovecot %+v", o), func() (*Server, error) {
		return launch("dovecot", func(dir string, ports []int) (*Server, []string, error) {
			return configureDovecot(dir, ports, o)
		})
	})
}

func configureDovecot(dir string, ports []int, o dovecotOptions) (*Server, []string, error) {
	password, master := secret(), secret()
	if err := writeCertificates(dir); err != nil {
		return nil, nil, err
	}
	t, err := template.New("dovecot.conf").Parse(dovecotConf)
	if err != nil {
		return nil, nil, fmt.Errorf("parse template: %w", err)
	}
	conf := filepath.Join(dir, "dovecot.conf")
	f, err := os.OpenFile(conf, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	err = t.Execute(f, struct {
		dovecotOptions
		Dir, Password  string
		Plain, OverTLS int
	}{o, dir, password, ports[0], ports[1]})
	if err != nil {
		return nil, nil, fmt.Errorf("write configuration: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "masters"), []byte("master:{PLAIN}"+master+"::::::\n"), 0o644); err != nil {
		return nil, nil, err
	}
	var acl strings.Builder
	for _, name := range o.ReadOnly {
		fmt.Fprintf(&acl, "%s owner lr\n", quote(name))
	}
	if err := os.WriteFile(filepath.Join(dir, "acl"), []byte(acl.String()), 0o644); err != nil {
		return nil, nil, err
	}
	key := []byte(secret())
	if err := writeTokenKey(dir, key); err != nil {
		return nil, nil, err
	}
	mail := filepath.Join(dir, "mail")
	if err := os.Mkdir(mail, 0o755); err != nil {
		return nil, nil, err
	}
	if err := chownTo(mail, "mail", "mail"); err != nil {
		return nil, nil, err
	}
	return &Server{
		CAFile:         filepath.Join(dir, "ca.pem"),
		Master:         "master",
		MasterPassword: master,
		tokenKey:       key,
		home:           func(user string) string { return filepath.Join(mail, user) },
		// Every name is a user: Dovecot looks at a changed password file no
		// more than once a second, which would refuse a user just made.
		addUser: func(user string) (string, error) { return password + "-" + user, nil },
	}, []string{"/usr/sbin/dovecot", "-F", "-c", conf}, nil
}
