package imapaccount_test

import (
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/endpointtest"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

func TestContract(t *testing.T) {
	for name, server := range servers(t) {
		t.Run(name, func(t *testing.T) {
			user, password := server.User(t)
			client := imaptest.Dial(t, server, user, password)
			content := endpointtest.Content{"INBOX": {}}
			for uid, body := range []string{"Subject: one\r\n\r\n1\r\n", "Message-ID: <2@x>\r\nSubject: two\r\n folded\r\n\r\n2\r\n", "Subject: three\r\n\r\nFrom here\r\n"} {
				if err := client.Append("INBOX", sample.Mail{Flags: []string{`\Seen`}, Body: []byte(body)}); err != nil {
					t.Fatal(err)
				}
				content["INBOX"][mailhaul.UID(uid+1)] = body
			}
			endpointtest.Source(t, open(t, config(t, server.Addr, user, password, imapaccount.PlainText)), content)
		})
	}
}
