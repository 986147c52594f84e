//go:build linux

package crashtest_test

import (
	"cmp"
	"database/sql"
	"errors"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// ledgerBug is one in what the program writes down before and after it sends
// messages. It is planted into the ledger of a run that was killed.
type ledgerBug struct {
	name string
	poor bool // on a server that takes one message at a time
	trap trap // at which the run is killed
	sql  string
	// rows counts what there is to spoil, "" for the intents.
	rows string
}

// Of ten twins the seventh and the eighth have the same header, and bodies of the
// same size: see [sample.Twins].
func ledgerBugs() []ledgerBug {
	arrived, lost := trap{answer: 2, before: true}, trap{octets: 3000, before: true}
	// Behind an answer all that was announced may be recorded when the kill comes.
	const either = `SELECT (SELECT count(*) FROM intent) + (SELECT count(*) FROM message)`
	return []ledgerBug{
		{"what is sent is not announced", false, arrived, `DELETE FROM intent`, ""},
		{"what is sent one by one is not announced", true, trap{answer: 7, before: true}, `DELETE FROM intent`, ""},
		{"it is looked for where it cannot be", false, arrived, `UPDATE intent SET first = 4294967295`, ""},
		{"what has arrived is not recorded", false, trap{answer: 2}, `DELETE FROM intent; DELETE FROM message`, either},
		{"what was announced is taken for stored", false, lost, `
			INSERT INTO message (folder, uidvalidity, uid, flags, size, first_run, date, zone, stored, start, line_ends, digest, fingerprint, place)
				SELECT folder, uidvalidity, uid, flags, size, run, date, zone, size, 0, 0, digest, fingerprint, '' FROM intent;
			DELETE FROM intent`, ""},
		{"bodies are taken for one another", true, trap{answer: 7, before: true}, `
			CREATE TEMP TABLE other AS SELECT a.folder, a.uid, b.digest FROM intent a JOIN intent b
				ON a.folder = b.folder AND a.fingerprint = b.fingerprint AND a.size = b.size AND a.digest <> b.digest;
			UPDATE intent SET digest = (SELECT digest FROM other o WHERE o.folder = intent.folder AND o.uid = intent.uid)
				WHERE EXISTS (SELECT 1 FROM other o WHERE o.folder = intent.folder AND o.uid = intent.uid)`, ""},
	}
}

// TestHaulCatches holds that what follows a kill of a copy finds bugs, and finds
// none in the same place without one.
func TestHaulCatches(t *testing.T) {
	c := newCrowd(t)
	for _, b := range ledgerBugs() {
		for _, planted := range []bool{true, false} {
			name := b.name
			if !planted {
				name = "not so: " + name
			}
			c.run(name, func(t *testing.T) {
				capability := richTarget
				if b.poor {
					capability = "IMAP4rev1 AUTH=PLAIN UIDPLUS"
				}
				h, _ := newScriptHaul(t, capability)
				if b.poor { // folder by folder
					h.options = []string{"--connections", "1"}
				}
				o := h.run(t, func(kill func()) {
					b.trap.act = kill
					h.via.set(b.trap)
				})
				if !o.killed {
					t.Fatalf("not killed: exit code %d\n%s%s", o.code, o.stdout, o.stderr)
				}
				if planted {
					h.plant(t, b)
				}
				err := h.finish(t)
				if planted && err == nil {
					t.Error("it was not seen")
				} else if !planted && err != nil {
					t.Error(err)
				}
				t.Log(err)
			})
		}
	}
	c.wait.Wait()
}

// plant changes the ledger. Nothing to change is an error.
func (h *haul) plant(t *testing.T, b ledgerBug) {
	t.Helper()
	h.planted = true
	name, err := one(h.state, "mailhaul/*/ledger.db")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // a temporary table is one connection's
	rows := 0
	err = db.QueryRow(cmp.Or(b.rows, `SELECT count(*) FROM intent`)).Scan(&rows)
	if err == nil && rows == 0 {
		err = errors.New("nothing is announced in the ledger")
	}
	if err == nil {
		_, err = db.Exec(b.sql)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestMailbagCatches spoils an account: the comparison that all copies are held
// to has to see each of it.
func TestMailbagCatches(t *testing.T) {
	from := newOrigin(t, scriptTwins)
	first := func() (m sample.Mail) {
		for m = range (sample.Twins{Messages: scriptTwins}).Folder(0) {
			break
		}
		return m
	}
	for name, spoil := range map[string]func(c *imaptest.Client) error{
		"nothing":      func(*imaptest.Client) error { return nil },
		"lost":         func(c *imaptest.Client) error { return c.Delete("INBOX", "3") },
		"double":       func(c *imaptest.Client) error { return c.Append("INBOX", first()) },
		"other folder": func(c *imaptest.Client) error { return c.Move("INBOX", "1", "Sent") },
		"flag":         func(c *imaptest.Client) error { return c.Store("INBOX", "2", "+FLAGS", `\Answered`) },
		"date": func(c *imaptest.Client) error {
			m := first()
			m.InternalDate = " 4-Mar-2011 05:06:01 +0000"
			return errors.Join(c.Delete("INBOX", "1"), c.Append("INBOX", m))
		},
		"octet": func(c *imaptest.Client) error {
			m := first()
			m.Body[len(m.Body)-3] ^= 1
			return errors.Join(c.Delete("INBOX", "1"), c.Append("INBOX", m))
		},
		"twin for twin": func(c *imaptest.Client) error {
			return errors.Join(c.Store("INBOX", "5", "FLAGS"), c.Store("INBOX", "6", "FLAGS", `\Flagged`, `\Seen`, "Work"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLogin(t, imaptest.Dovecot(t))
			client := imaptest.DialAddr(t, l.addr, l.user, l.password)
			imaptest.SeedTwins(t, client, sample.Twins{Messages: scriptTwins})
			if err := spoil(client); err != nil {
				t.Fatal(err)
			}
			if err := from.have.compare(readMail(t, l)); (err == nil) != (name == "nothing") {
				t.Errorf("compare = %v", err)
			}
		})
	}
}
