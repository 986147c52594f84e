package migrate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// brokenShare is a Zimbra with a mounted folder whose owner is gone: a LIST that
// comes to it is refused, or ends the connection. broken says whether there is one.
func brokenShare(broken *bool, cuts bool) imaptest.Quirk {
	return imaptest.Quirk{Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
		if command.Name != "LIST" || !*broken {
			return false
		}
		list := func(attributes, name string) { c.Say(fmt.Sprintf(`* LIST (%s) "/" %q`, attributes, name)) }
		switch {
		case strings.HasPrefix(command.Args, `"" "%"`):
			list(`\HasNoChildren`, "INBOX")
			list(`\HasChildren`, "Work")
			list(`\HasChildren`, "Shared")
			c.Say(command.Tag + " OK LIST completed")
		case strings.HasPrefix(command.Args, `"" "Work/%"`):
			list(`\HasNoChildren`, "Work/2020")
			c.Say(command.Tag + " OK LIST completed")
		case cuts:
			c.Reset()
		default:
			c.Refuse(command, "NO LIST failed")
		}
		return true
	}}
}

// TestBrokenShare: folders that a server cannot list are not taken for deleted,
// the others are backed up, and the run says what is missing.
func TestBrokenShare(t *testing.T) {
	for name, cuts := range map[string]bool{"refused": false, "cut off": true} {
		t.Run(name, func(t *testing.T) {
			broken := false
			folder := func(name string, subscribed bool) *imaptest.ScriptFolder {
				return &imaptest.ScriptFolder{Name: name, UIDValidity: 7, Subscribed: subscribed, Messages: []imaptest.ScriptMessage{message(1, name, name)}}
			}
			w, server := scripted(t, archive.Maildir, imaptest.Script{Greeting: "* OK Zimbra IMAP4rev1 server ready", Capability: "IMAP4rev1 LITERAL+ UIDPLUS",
				Quirks: []imaptest.Quirk{brokenShare(&broken, cuts)},
				Folders: []*imaptest.ScriptFolder{folder("INBOX", true), folder("Work", false), folder("Work/2020", false), folder("Shared", false),
					folder("Shared/Team", true), folder("Shared/Hidden", false)}})
			w.retries = 3
			if s := w.must(t); s.New != 6 {
				t.Fatalf("%d new", s.New)
			}
			broken = true
			server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
				for _, f := range folders {
					f.Messages = append(slices.Clone(f.Messages), message(2, f.Name+" too", f.Name))
				}
				return folders
			})
			s, err := w.backup(t)
			if err != nil || s.New != 5 || s.Gone != 0 { // Shared/Hidden is not seen
				t.Errorf("%v, %+v", err, s.Counts)
			}
			if len(s.Failures) != 1 || !strings.Contains(s.Failures[0].Reason, "struck out") || !strings.Contains(s.Failures[0].Reason, `"Shared/%"`) {
				t.Errorf("failures %+v", s.Failures)
			}
			broken = false
			if s := w.must(t); s.New != 1 || s.Gone != 0 {
				t.Errorf("the run after: %+v", s.Counts)
			}
		})
	}
}
