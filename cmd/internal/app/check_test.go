package app_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/app"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// check runs check on an account and returns what it writes.
func check(t *testing.T, address, user, password, query string) string {
	t.Helper()
	var out, errs bytes.Buffer
	code := app.Run(t.Context(), app.Env{Stdout: &out, Stderr: &errs, Now: time.Now, Version: "v1.2.3", Getenv: func(name string) string {
		return map[string]string{"MAILHAUL_PASSWORD": password}[name]
	}}, []string{"check", "imaps://" + url.PathEscape(user) + "@" + address + query})
	if code != 0 {
		t.Fatalf("check ended with %d\n%s%s", code, &out, &errs)
	}
	return out.String()
}

// TestCheckServers: what check tells of real servers is what they are known for.
func TestCheckServers(t *testing.T) {
	for name, c := range map[string]struct {
		server     *imaptest.Server
		want, none []string
	}{
		"dovecot": {imaptest.Dovecot(t, imaptest.Quota(1<<20)),
			[]string{"kind          Dovecot", "  CONDSTORE ", "  MULTIAPPEND ", "of 1.0 MB used", "came in"}, []string{"no UIDPLUS"}},
		"dovecot poor": {imaptest.Dovecot(t, imaptest.Poor()),
			[]string{"no LIST-STATUS", "no CONDSTORE", "no UIDPLUS", "no LITERAL+", "the size from that of 3 messages"}, []string{"  CONDSTORE "}},
		"cyrus": {imaptest.Cyrus(t), []string{"Cyrus", "  CONDSTORE ", "own folders: separator"}, nil},
		"courier": {imaptest.Courier(t),
			[]string{"Courier", `own folders: separator ".", below "INBOX."`, "no sample was taken"}, []string{"  CONDSTORE ", "came in"}},
	} {
		t.Run(name, func(t *testing.T) {
			user, password := c.server.User(t)
			client := imaptest.Dial(t, c.server, user, password)
			mail := sample.Mail{Body: []byte("Subject: x\r\n\r\n" + strings.Repeat("line\r\n", 100)), InternalDate: "01-Feb-2024 10:00:00 +0100"}
			if err := client.Append("INBOX", mail, mail, mail); err != nil {
				t.Fatal(err)
			}
			ca := "?ca=" + url.QueryEscape(c.server.CAFile)
			text := check(t, c.server.TLSAddr, user, password, ca)
			for _, want := range append(c.want, "encryption   TLS 1.", "certificate  for localhost", "INBOX\n", "3 messages", "next ") {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in\n%s", want, text)
				}
			}
			for _, none := range c.none {
				if strings.Contains(text, none) {
					t.Errorf("%q stands in\n%s", none, text)
				}
			}
		})
	}
}

// TestCheckNames: names that an archive, or a kind of server, does not keep are
// told with what becomes of them, and no terminal is given an order by them.
func TestCheckNames(t *testing.T) {
	certs := imaptest.Certs(t)
	var folders []*imaptest.ScriptFolder
	for i, name := range []string{"INBOX", "CON", "50%", "Work", "work", "x\x1b[2Jy"} {
		folders = append(folders, &imaptest.ScriptFolder{Name: name, UIDValidity: uint32(i + 1)})
	}
	server := imaptest.NewScript(t, imaptest.Script{Folders: folders, Certificate: &certs.Server, ImplicitTLS: true,
		Greeting: "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] Gimap\x1b[2J ready for requests"})
	text := check(t, server.Addr, "me", "x", "?ca="+url.QueryEscape(certs.CAFile))
	for _, want := range []string{
		`"CON" `, "in an archive lies in ", `"50%" `, "is refused by Cyrus", `differs from "Work" by case only`, `Gimap\x1b[2J ready`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") || strings.Contains(text, `"Work" `+" in an archive") {
		t.Errorf("an order to the terminal, or a name that does not change, in\n%q", text)
	}
}
