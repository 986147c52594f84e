package imapaccount_test

import (
	"errors"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// TestStartTLSAttacked: whatever a server says to STARTTLS, or before it, nothing
// but STARTTLS and the octets of TLS are sent.
func TestStartTLSAttacked(t *testing.T) {
	for _, command := range []string{imaptest.Greeting, "STARTTLS"} {
		for _, attack := range imaptest.Attacks() {
			if !attack.For(command) {
				continue
			}
			t.Run(command+"/"+attack.Name, func(t *testing.T) {
				t.Parallel()
				server := imaptest.NewScript(t, imaptest.Script{Quirks: []imaptest.Quirk{attack.Against(command, func() bool { return true })}})
				c := config(t, server.Addr, "me", "secret", imapaccount.StartTLS)
				c.Timeout, c.Retries = 300*time.Millisecond, 1
				if _, err := imapaccount.Open(t.Context(), c); !errors.Is(err, mailhaul.ErrConnect) {
					t.Errorf("error %v, want one that is ErrConnect", err)
				}
				if n := server.Count("LOGIN", "AUTHENTICATE", "CAPABILITY"); n > 0 {
					t.Errorf("%d commands were said in the clear", n)
				}
			})
		}
	}
}

// TestRefusedConnections: every twentieth connection is refused; a haul that
// begins is complete.
func TestRefusedConnections(t *testing.T) {
	server := imaptest.NewScript(t, imaptest.Script{Folders: []*imaptest.ScriptFolder{three()}})
	line := imaptest.NewLine(t, server.Addr, imaptest.LineOptions{RefuseShare: 0.05})
	for range 60 {
		a, err := imapaccount.Open(t.Context(), config(t, line.Addr, "me", "x", imapaccount.PlainText))
		if errors.Is(err, mailhaul.ErrConnect) {
			continue // nothing was begun
		}
		if err != nil {
			t.Fatal(err)
		}
		got, failures, err := haul(t.Context(), a)
		a.Close()
		if err != nil || len(failures) > 0 || len(got) != 3 {
			t.Fatalf("%d messages, %v, %v", len(got), err, failures)
		}
	}
	if _, refused := line.Connections(); refused < 3 {
		t.Errorf("%d connections were refused", refused)
	}
}
