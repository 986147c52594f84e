package migrate_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// labelsOf returns the labels that the archive knows of a message.
func (w *world) labelsOf(t *testing.T, folder string, uid uint32) []string {
	t.Helper()
	l, err := checkpoint.OpenReadOnly(t.Context(), filepath.Join(w.dir, "mailhaul.db"))
	check(t, err)
	defer l.Close()
	folders, err := l.Folders(t.Context())
	check(t, err)
	for _, f := range folders {
		if f.Name != folder {
			continue
		}
		for m, err := range l.Messages(t.Context(), f.ID) {
			check(t, err)
			if uint32(m.UID) == uid {
				labels, err := l.Labels(t.Context(), m)
				check(t, err)
				return labels.List()
			}
		}
	}
	t.Fatalf("no message %d in %q", uid, folder)
	return nil
}

// TestLabelsAreKept: labels are kept, those of no folder, too, in each form in which
// the server may spell them; and a change is noticed.
func TestLabelsAreKept(t *testing.T) {
	spelled := map[string][]string{
		``:                                 nil,
		`\Inbox`:                           {`\Inbox`},
		`"\\Inbox" "\\Important" Work`:     {`Work`, `\Important`, `\Inbox`},
		`"with \"quotes\" (and brackets)"`: {`with "quotes" (and brackets)`},
		`Entw&APw-rfe NIL`:                 {"Entwürfe", "NIL"},
		"{5}\r\na b)c Hidden":              {"Hidden", "a b)c"},
		`A A "A"`:                          {"A"},
	}
	formats(t, func(t *testing.T, format archive.Format) {
		all := &imaptest.ScriptFolder{Name: allMail, UIDValidity: 13, HighestModSeq: 5, Attributes: []string{`\All`}}
		var want [][]string
		for text, labels := range spelled {
			uid := uint32(len(all.Messages) + 1)
			m := labelledMail(int(uid), uid, "")
			m.GmailLabels, m.ModSeq = text, 5
			all.Messages = append(all.Messages, m)
			want = append(want, labels)
		}
		server := imaptest.NewScript(t, imaptest.Script{Greeting: "* OK Gimap ready for requests from 192.0.2.1",
			Capability: "IMAP4rev1 LITERAL+ AUTH=PLAIN X-GM-EXT-1 CONDSTORE", Folders: []*imaptest.ScriptFolder{all}})
		w := &world{address: server.Addr, user: "me", password: "x", dir: t.TempDir(), format: format}
		w.must(t)
		for i, labels := range want {
			if got := w.labelsOf(t, allMail, uint32(i+1)); !slices.Equal(got, labels) {
				t.Errorf("%q: %q, want %q", all.Messages[i].GmailLabels, got, labels)
			}
		}
		asked := len(server.Commands())
		server.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
			f := *folders[0]
			f.Messages = slices.Clone(f.Messages)
			f.Messages[2].GmailLabels, f.Messages[2].ModSeq, f.HighestModSeq = `"Taxes/2024"`, 6, 6
			return []*imaptest.ScriptFolder{&f}
		})
		w.must(t)
		if got := w.labelsOf(t, allMail, 3); fmt.Sprint(got) != "[Taxes/2024]" {
			t.Errorf("after a change: %q", got)
		}
		for _, c := range server.Commands()[asked:] {
			if strings.Contains(c.Args, "X-GM-LABELS") && !strings.HasPrefix(c.Args, "3 ") {
				t.Errorf("labels were asked for again: %s", c.Args)
			}
		}
		w.verify(t)
	})
}
