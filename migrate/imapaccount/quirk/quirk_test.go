package quirk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

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

// TestRefusals: what servers really say, and what it means.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		code, text              string
		later, throttled, daily bool
		pause                   time.Duration
	}{
		{"", "Request is throttled. Suggested Backoff Time: 299957 milliseconds", true, true, false, 299957 * time.Millisecond},
		{"", "User is authenticated but not connected.", true, false, false, 0},
		{"THROTTLED", "slow down", true, true, false, 0},
		{"UNAVAILABLE", "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)", true, false, false, 0},
		{"", "Service temporarily unavailable", true, false, false, 0},
		{"UNAVAILABLE", "UID FETCH Server error while fetching messages", true, false, false, 0},
		{"OVERQUOTA", "Account exceeded command or bandwidth limits. (Failure)", false, false, true, 0},
		{"OVERQUOTA", "Quota exceeded (mailbox for user is full)", false, false, false, 0},
		{"AUTHENTICATIONFAILED", "Invalid credentials (Failure)", false, false, false, 0},
		{"", "Suggested Backoff Time: 99999999999999999999 milliseconds", false, false, false, 0},
		{"", "Maximum size of appendable message has been exceeded", false, false, false, 0},
	} {
		if got := quirk.Later(c.code, c.text); got != c.later {
			t.Errorf("%q: later is %v", c.text, got)
		}
		if got := quirk.Throttled(c.code, c.text); got != c.throttled {
			t.Errorf("%q: throttled is %v", c.text, got)
		}
		if got := quirk.Daily(c.text); got != c.daily {
			t.Errorf("%q: daily is %v", c.text, got)
		}
		if got, told := quirk.Pause(c.text); got != c.pause || told != (c.pause > 0) {
			t.Errorf("%q: pause %s, %v", c.text, got, told)
		}
	}
}

func TestPlaceholder(t *testing.T) {
	const from, subject = "From: Microsoft Exchange Server 2010\n", "Subject: Retrieval using the IMAP4 protocol failed for the following message: 2\n"
	const text = "\nThe server couldn't retrieve the following message:\n\nSubject: x\n"
	server := quirk.Find("outlook.office365.com", "", nil)
	for name, c := range map[string]struct {
		message string
		want    bool
	}{
		"as it comes":       {strings.ReplaceAll(from+subject+text, "\n", "\r\n"), true},
		"bare LF":           {from + subject + text, true},
		"folded":            {from + strings.Replace(subject, "following ", "following\n\t", 1) + text, true},
		"quoted name":       {strings.Replace(from, "Microsoft Exchange Server 2010", `"Microsoft Exchange Server" <x@example.org>`, 1) + subject + text, true},
		"another sender":    {"From: Ann\n" + subject + text, false},
		"a reply":           {from + strings.Replace(subject, ": ", ": Re: ", 1) + text, false},
		"another text":      {from + subject + "\nHello\n", false},
		"subject in a text": {from + "Subject: x\n\n" + subject + text, false},
		"no text":           {from + subject, false},
		"long":              {from + subject + text + strings.Repeat("x", quirk.MaxPlaceholder), false},
		"empty":             {"", false},
	} {
		if got := server.Placeholder([]byte(c.message)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if quirk.Find("", "", nil).Placeholder([]byte(c.message)) {
			t.Errorf("%s: also of a server that gives none", name)
		}
	}
}
