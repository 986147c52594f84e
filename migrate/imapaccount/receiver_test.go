package imapaccount_test

import (
	"errors"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestReceiverRefuses: what the receiver of a message says ends the fetch, also
// when it is the refusal of another server: it is not this one's.
func TestReceiverRefuses(t *testing.T) {
	server := imaptest.Dovecot(t)
	user, password := server.User(t)
	client := imaptest.Dial(t, server, user, password)
	for range 3 {
		if err := client.Append("INBOX", sample.Mail{Body: []byte("Message-ID: <x@example.org>\r\n\r\ntext\r\n")}); err != nil {
			t.Fatal(err)
		}
	}
	a := open(t, config(t, server.Addr, user, password, imapaccount.PlainText))
	var refusal error
	err := a.List(t.Context(), []mailhaul.ListRequest{{Folder: &mailhaul.Folder{Name: "none", Raw: "none"}}}, func(l mailhaul.Listing) error {
		refusal = l.Err
		return nil
	})
	if err != nil || refusal == nil {
		t.Fatalf("a folder that is not there: %v, %v", err, refusal)
	}
	folders, err := a.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all mailhaul.UIDSet
	all.AddRange(mailhaul.UIDRange{First: 1, Last: 3})
	for _, f := range folders {
		if f.Name != "INBOX" {
			continue
		}
		calls := 0
		err := a.Fetch(t.Context(), []mailhaul.Work{{Folder: f, UIDs: all}}, func(*mailhaul.Message) error {
			calls++
			return refusal
		})
		if !errors.Is(err, refusal) || calls != 1 {
			t.Errorf("%d messages delivered, %v; want one and %v", calls, err, refusal)
		}
	}
}
