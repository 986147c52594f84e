package memory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/memory"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestServerGivesWhatWasPut reads an account back with another client.
func TestServerGivesWhatWasPut(t *testing.T) {
	s, err := memory.New(memory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	u, err := s.AddUser("me", "secret")
	if err != nil {
		t.Fatal(err)
	}
	set := sample.Set{Messages: 40, Octets: 100000}
	folders := []string{"INBOX", "Drafts", "Entwürfe/2024"}
	if err := u.Fill(set, folders); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for folder, m := range set.All(folders) {
		want[strings.ToLower(imaptest.ReferenceKey(folder, m))]++
	}
	for _, m := range imaptest.Reference(t, s.Addr, "me", "secret") {
		key := strings.ToLower(m.Key())
		if want[key]--; want[key] < 0 {
			t.Errorf("unexpected message %s", key)
		}
	}
	for key, n := range want {
		if n > 0 {
			t.Errorf("%d missing of %s", n, key)
		}
	}
}

func TestServerAnnounces(t *testing.T) {
	for _, test := range []struct {
		name    string
		options memory.Options
		want    string
		not     string
	}{
		{"everything", memory.Options{}, "LIST-STATUS", "STARTTLS"},
		{"poor", memory.Options{Capabilities: []string{}}, "IMAP4rev1", "LIST-STATUS"},
		{"one", memory.Options{Capabilities: []string{"ESEARCH"}}, "ESEARCH", "UIDPLUS"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := memory.New(test.options)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			if _, err := s.AddUser("me", "secret"); err != nil {
				t.Fatal(err)
			}
			lines, err := imaptest.DialAddr(t, s.Addr, "me", "secret").Command("CAPABILITY")
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprint(lines)
			if !strings.Contains(got, test.want) || strings.Contains(got, test.not) {
				t.Errorf("announced %s, want %s and not %s", got, test.want, test.not)
			}
		})
	}
}
