package imaptest_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

func TestEncodeName(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"INBOX", "INBOX"},
		{"R&D", "R&-D"},
		{"&", "&-"},
		{"Entwürfe", "Entw&APw-rfe"},
		{"日本語", "&ZeVnLIqe-"}, // RFC 9051, A.1
		{"Список/Друзья", "&BCEEPwQ4BEEEPgQ6-/&BBQEQARDBDcETARP-"},
		{"Emoji 😀 box", "Emoji &2D3eAA- box"},
		{"a\tb", "a&AAk-b"},
	} {
		if got := imaptest.EncodeName(test.name); got != test.want {
			t.Errorf("%q: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestClientChangesAccounts takes an account through all that tests do to one.
func TestClientChangesAccounts(t *testing.T) {
	for _, s := range realServers(t) {
		t.Run(s.Name, func(t *testing.T) {
			user, password := s.User(t)
			c := imaptest.Dial(t, s, user, password)
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			want := func(folder string, uids ...uint32) {
				t.Helper()
				got, err := c.UIDs(folder)
				must(err)
				if !slices.Equal(got, uids) {
					t.Errorf("%s holds UIDs %v, want %v", folder, got, uids)
				}
			}
			large := append([]byte("Subject: large\r\n\r\n"), bytes.Repeat([]byte("text\r\n"), 1<<20/6)...)[:1<<20]
			body := []byte("Subject: x\r\n\r\ntext\r\n")
			must(c.Create("Büro"))
			must(c.Subscribe("Büro"))
			must(c.Append("Büro", sample.Mail{Body: body}, sample.Mail{Body: body, Flags: []string{`\Seen`}}, sample.Mail{Body: body}))
			want("Büro", 1, 2, 3)
			must(c.Delete("Büro", "2"))
			want("Büro", 1, 3)
			must(c.Create("Ziel"))
			must(c.Move("Büro", "3", "Ziel"))
			want("Büro", 1)
			want("Ziel", 1)
			must(c.Store("Ziel", "1", "+FLAGS", `\Flagged`, "Work"))
			must(c.Rename("Ziel", "Ziel 2"))
			must(c.AppendLarge("Ziel 2", sample.Mail{}, 1<<20, bytes.NewReader(large)))
			want("Ziel 2", 1, 2)
			must(c.Store("Ziel 2", "2", "FLAGS", `\Deleted`))
			must(c.Expunge("Ziel 2"))
			want("Ziel 2", 1)
			must(c.Append("INBOX", sample.Mail{Body: body}, sample.Mail{Body: body}))
			must(c.Empty("INBOX"))
			must(c.Empty("INBOX"))
			want("INBOX")
			must(c.Unsubscribe("Büro"))
			must(c.DeleteFolder("Büro"))
			if _, err := c.UIDs("Büro"); !errors.Is(err, imaptest.ErrRefused) {
				t.Errorf("a deleted folder was opened: %v", err)
			}
			if err := c.CreateRaw(c.Wire("Ziel 2")); !errors.Is(err, imaptest.ErrRefused) {
				t.Errorf("a folder was made twice: %v", err)
			}
			for _, m := range imaptest.Reference(t, s.Addr, user, password) {
				if m.UID == 1 && !slices.Equal(m.Flags, []string{"Work", `\Flagged`}) {
					t.Errorf("%s, UID 1: flags %q", m.Folder, m.Flags)
				}
			}
		})
	}
}

func TestChurn(t *testing.T) {
	s := imaptest.Dovecot(t)
	user, password := s.User(t)
	c := imaptest.Dial(t, s, user, password)
	seeded := imaptest.Seed(t, c, sample.Set{Messages: 200, Octets: 200_000})
	before := imaptest.Reference(t, s.Addr, user, password)
	added := imaptest.Churn(t, c, seeded.Folders, sample.Set{Messages: 5, Octets: 5000, Round: 2}, 10)
	after := imaptest.Reference(t, s.Addr, user, password)
	if added.Messages != 5 || len(after) != len(before)+5 {
		t.Errorf("%d messages before, %d added, %d after", len(before), added.Messages, len(after))
	}
	changed := 0
	for _, m := range after {
		if !slices.ContainsFunc(before, func(b imaptest.ReferenceMessage) bool {
			return b.Folder == m.Folder && b.UID == m.UID && b.Key() == m.Key()
		}) {
			changed++
		}
	}
	if changed < 5+10 || changed > 5+200/10+len(seeded.Folders) {
		t.Errorf("%d messages are new or changed", changed)
	}
}

func TestCertificates(t *testing.T) {
	certs := imaptest.Certs(t)
	for _, test := range []struct {
		name string
		use  func(*imaptest.Script)
		want string
	}{
		{"good", func(s *imaptest.Script) { s.Certificate = &certs.Server }, ""},
		{"wrong host", func(s *imaptest.Script) { s.Certificate = &certs.WrongHost }, "not 127.0.0.1"},
		{"expired", func(s *imaptest.Script) { s.Certificate = &certs.Expired }, "expired"},
		{"self-signed", func(s *imaptest.Script) { s.Certificate = &certs.SelfSigned }, "unknown authority"},
	} {
		for _, implicit := range []bool{false, true} {
			t.Run(test.name+map[bool]string{false: ", STARTTLS", true: ", implicit"}[implicit], func(t *testing.T) {
				script := imaptest.Script{ImplicitTLS: implicit}
				test.use(&script)
				err := handshake(t, imaptest.NewScript(t, script).Addr, implicit)
				switch {
				case test.want == "" && err != nil:
					t.Error(err)
				case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
					t.Errorf("got %v, want an error about %q", err, test.want)
				}
			})
		}
	}
}
