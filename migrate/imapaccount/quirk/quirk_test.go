package quirk_test

import (
	"slices"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
)

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name, host, greeting string
		id                   map[string]string
		want                 string
	}{
		{"Gmail by host", "IMAP.gmail.com.", "", nil, "Gmail"},
		{"Gmail through a proxy", "127.0.0.1", "* OK Gimap ready for requests from 192.0.2.1 x", nil, "Gmail"},
		{"Exchange Online", "outlook.office365.com", "", nil, "Microsoft Exchange"},
		{"Exchange on premises", "mail.example.org", "* OK The Microsoft Exchange IMAP4 service is ready.", nil, "Microsoft Exchange"},
		{"Exchange by ID", "mail.example.org", "* OK ready", map[string]string{"name": "Microsoft.Exchange.Imap4.Imap4Server"}, "Microsoft Exchange"},
		{"the host decides first", "imap.mail.me.com", "* OK Gimap ready", nil, "iCloud"},
		{"a host below one of the table", "eu.outlook.office365.com", "", nil, "Microsoft Exchange"},
		{"a host that only ends alike", "evil-imap.gmail.com.example.org", "", nil, ""},
		{"Yahoo", "imap.mail.yahoo.com", "", nil, "Yahoo"},
		{"AOL", "imap.aol.com", "", nil, "Yahoo"},
		{"Courier", "mail.example.org", "* OK [CAPABILITY IMAP4rev1] Courier-IMAP ready. Copyright 1998-2018", nil, "Courier"},
		{"Zimbra", "mail.example.org", "* OK IMAP4rev1 mail Zimbra IMAP4rev1 server ready", nil, "Zimbra"},
		{"Zimbra by ID", "mail.example.org", "* OK ready", map[string]string{"name": "Zimbra", "version": "8.8"}, "Zimbra"},
		{"Dovecot", "mail.example.org", "* OK [CAPABILITY IMAP4rev1 ID] Dovecot (Debian) ready.", nil, "Dovecot"},
		{"nobody", "mail.example.org", "* OK ready", map[string]string{"name": "script"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := quirk.Find(c.host, c.greeting, c.id).Name; got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestRefusing(t *testing.T) {
	for level, want := range map[string][]string{
		"Work": nil, "Jürgen (2024) & Co": nil,
		`50%`: {"Cyrus"}, "a.b": {"Courier"}, "^x": {"Gmail"}, "a  b": {"Gmail"}, "files": {"Microsoft Exchange"},
		"📁": {"Courier"}, "x ": {"Gmail", "Microsoft Exchange"}, "a/b": {"Microsoft Exchange"},
	} {
		if got := quirk.Refusing(level); !slices.Equal(got, want) {
			t.Errorf("%q is refused by %q, want %q", level, got, want)
		}
	}
}
