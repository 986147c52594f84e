package quirk

import (
	"strings"
	"unicode/utf8"
)

// servers is the table. Sizes are in octets.
func servers() []Server {
	return []Server{
		{
			Name: "Gmail", hosts: []string{"imap.gmail.com", "imap.googlemail.com"}, greetings: []string{"Gimap ready"}, ids: []string{"GImap"},
			DailyDownload: 2500e6, DailyUpload: 500e6, Connections: 15,
			RefusesLevel: func(level string) bool {
				return strings.Contains(level, "^") || strings.Join(strings.Fields(level), " ") != level
			},
			Notes: []string{
				"each label is a folder, and \"All Mail\" holds every message once more; a backup fetches each message once",
				"labels that are hidden from IMAP in Gmail's settings are not seen, nor messages beyond a limit that is set there",
				"Gmail lets about 2500 MB a day out and 500 MB a day in; who takes more is locked out for up to a day",
			},
		},
		{
			Name: "Microsoft Exchange", hosts: []string{"outlook.office365.com", "imap-mail.outlook.com", "outlook.office.com"},
			greetings: []string{"Microsoft Exchange", "Microsoft.Exchange"}, ids: []string{"Microsoft.Exchange", "Microsoft Exchange"},
			placeholder: exchangePlaceholder,
			RefusesLevel: func(level string) bool {
				return strings.EqualFold(level, "Files") || strings.Contains(level, "/") || strings.HasSuffix(level, " ")
			},
			Notes: []string{
				"calendar, contacts and tasks are listed as folders, but IMAP cannot read what is in them",
				"folders with \"/\" in their name are not seen",
				"sizes that the server tells are estimates; mailhaul trusts the octets that come",
				"Microsoft slows down who asks for much at once; mailhaul waits as long as it is told to",
			},
		},
		{
			Name: "Yahoo", hosts: []string{"imap.mail.yahoo.com", "export.imap.mail.yahoo.com", "imap.aol.com", "export.imap.aol.com", "imap.mail.yahoo.co.jp"},
			greetings: []string{"IMAP4rev1 imapgate"}, ids: []string{"Yahoo! Inc"},
			Window: 10_000,
			Notes: []string{
				"a folder shows its newest 10,000 messages only; export.imap.mail.yahoo.com and export.imap.aol.com show more",
				"keywords are not kept",
			},
		},
		{
			Name: "iCloud", hosts: []string{"imap.mail.me.com"}, ids: []string{"iCloud", "Apple"},
			Connections: 5, MaxMessage: 20e6,
			Notes: []string{"messages of more than 20 MB are not taken"},
		},
		{
			Name: "Courier", greetings: []string{"Courier-IMAP"}, ids: []string{"Courier-IMAP"},
			// Under EXAMINE it does not write down the UIDs of mail that it has not
			// seen before, and gives them to other messages the next time (5.0.13,
			// measured); who trusts them loses mail.
			SelectToRead: true,
			// INBOX gets another UIDVALIDITY at each STATUS until it was opened.
			CountsOnceOpened: true,
			RefusesLevel: func(level string) bool {
				return strings.ContainsAny(level, ".") || strings.ContainsFunc(level, func(r rune) bool { return r > 0xffff || r == utf8.RuneError })
			},
		},
		{
			Name: "Cyrus", greetings: []string{"Cyrus IMAP"}, ids: []string{"Cyrus IMAP"},
			RefusesLevel: func(level string) bool { return strings.ContainsAny(level, `"\%`) || strings.Contains(level, ",;") },
		},
		{
			Name: "Zimbra", greetings: []string{"Zimbra IMAP4rev1"}, ids: []string{"Zimbra"},
			// Of a share whose owner or folder is gone (struck out in the web client) it
			// says NO to the whole list, or ends the connection.
			ListHint: "remove shared folders that are struck out in Zimbra's web client: one whose owner is gone makes the server refuse the list",
			Notes:    []string{"a shared folder whose owner is gone can make the list of folders fail; folders are listed level by level then"},
		},
		{Name: "Dovecot", greetings: []string{"Dovecot"}, ids: []string{"Dovecot"}},
	}
}
