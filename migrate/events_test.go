package migrate_test

import (
	"testing"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestProgressOfFolders: each message that became durable is told with its folder,
// and how far that folder and the whole run are.
func TestProgressOfFolders(t *testing.T) {
	server := imaptest.Dovecot(t)
	user, password := server.User(t)
	client := imaptest.Dial(t, server, user, password)
	if err := client.Create("Work"); err != nil {
		t.Fatal(err)
	}
	mail := sample.Mail{Body: []byte("Subject: x\r\n\r\nx\r\n")}
	for folder, n := range map[string]int{"INBOX": 3, "Work": 5} {
		for range n {
			if err := client.Append(folder, mail); err != nil {
				t.Fatal(err)
			}
		}
	}
	w := &world{address: server.Addr, user: user, password: password, dir: t.TempDir(), format: archive.Maildir}
	folders := map[string]int64{}
	var planned, told int64
	w.options.Events = func(e migrate.Event) {
		switch e.Kind {
		case migrate.EventPlan:
			planned = e.TotalMessages
		case migrate.EventProgress:
			told++
			folders[e.Folder]++
			total := map[string]int64{"INBOX": 3, "Work": 5}[e.Folder]
			if e.FolderTotal != total || e.FolderMessages != folders[e.Folder] || e.Messages != told || e.TotalMessages != 8 {
				t.Errorf("message %d: %+v", told, e)
			}
		}
	}
	w.must(t)
	if planned != 8 || told != 8 || folders["INBOX"] != 3 || folders["Work"] != 5 {
		t.Errorf("planned %d, told %d: %v", planned, told, folders)
	}
}
