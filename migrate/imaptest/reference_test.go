package imaptest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

func folderKeys(list []imaptest.ReferenceFolder) []string {
	var keys []string
	for _, f := range list {
		keys = append(keys, f.Key())
	}
	return keys
}

// TestReferenceFolders: another client tells uses and subscriptions, whatever the
// server's way to say so.
func TestReferenceFolders(t *testing.T) {
	for _, test := range []struct {
		server *imaptest.Server
		want   []string
	}{
		{imaptest.Dovecot(t), []string{
			"B&APw-ro||false", "INBOX||false", "Odd [&-] (x)*||true", `Sent|\Sent|true`, "Unter||false", "Unter/ordner||true",
		}},
		{imaptest.Cyrus(t), []string{
			"B&APw-ro||false", `Drafts|\Drafts|false`, "INBOX||true", `Junk|\Junk|false`, "Odd [&-] (x)*||true",
			`Sent|\Sent|true`, `Trash|\Trash|false`, "Unter||false", "Unter/ordner||true",
		}},
		{imaptest.Courier(t), []string{
			"INBOX||false", "INBOX.B&APw-ro||false", "INBOX.Odd [&-] (x)*||true", "INBOX.Sent||true", "INBOX.Unter||false", "INBOX.Unter.ordner||true",
		}},
	} {
		t.Run(test.server.Name, func(t *testing.T) {
			s := test.server
			user, password := s.User(t)
			c := imaptest.Dial(t, s, user, password)
			made, _, err := c.CreateFolders([]string{"Odd [&] (x)*", "Büro", "Unter/ordner", "Sent"})
			if err != nil || len(made) < 3 {
				t.Fatal(made, err)
			}
			if err := c.Unsubscribe("Büro"); err != nil {
				t.Fatal(err)
			}
			if err := c.Append("Büro", letter(20)); err != nil {
				t.Fatal(err)
			}
			got := imaptest.ReferenceFolders(t, s.Addr, user, password)
			if keys := folderKeys(got); !slices.Equal(keys, test.want) {
				t.Errorf("got %q\nwant %q", keys, test.want)
			}
			for _, f := range got {
				if want := strings.HasSuffix(f.Name, "ro"); (f.Messages == 1) != want || !f.NoSelect() && (f.UIDValidity == 0 || f.UIDNext == 0) {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}
