package imaptest_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// fill puts two messages into INBOX.
func fill(t *testing.T, c *imaptest.Client) {
	t.Helper()
	err := c.Append("INBOX",
		sample.Mail{Flags: []string{`\Seen`, "work"}, InternalDate: "17-Jul-1996 02:44:25 -0700", Body: []byte("x")},
		sample.Mail{InternalDate: " 1-Jan-2020 00:00:00 +0545", Body: []byte("yy")})
	if err != nil {
		t.Fatal(err)
	}
}

// TestQuirks shows what each quirk does: what the client hears and what the
// server holds then.
func TestQuirks(t *testing.T) {
	const x, y = "{1+}\r\nx", "{2+}\r\nyy"
	blank := func(name string) bool { return strings.Trim(name, " ") != name }
	for _, test := range []struct {
		name        string
		quirk       imaptest.Quirk
		send, heard string
		held        []string // UID, flags and octets of each message of INBOX
	}{
		{"closes after refusals", imaptest.ClosesAfterRefusals(2), "a CREATE INBOX\r\nb NOOP\r\nc XYZZY\r\nz NOOP\r\n",
			"a NO [ALREADYEXISTS] it is there\r\nb OK NOOP done\r\nc BAD unknown command\r\n* BYE Connection is closed. 13\r\n", nil},
		{"cuts before OK", imaptest.CutsBeforeOK(2, 1), "a APPEND INBOX " + x + "\r\nz APPEND INBOX " + y + "\r\n",
			"a OK [APPENDUID 1 1] APPEND done\r\n", []string{"1 [] x", "2 [] yy"}},
		{"cuts before storing", imaptest.CutsBeforeStoring(2, 1), "a APPEND INBOX " + x + "\r\nz APPEND INBOX " + y + "\r\n",
			"a OK [APPENDUID 1 1] APPEND done\r\n", []string{"1 [] x"}},
		{"hides UIDs", imaptest.HidesUIDs(), "z APPEND INBOX " + x + "\r\n", "z OK APPEND done\r\n", []string{"1 [] x"}},
		{"swaps UIDs", imaptest.SwapsUIDs(), "z APPEND INBOX " + x + " " + y + "\r\n", "z OK [APPENDUID 1,2 1] APPEND done\r\n", []string{"1 [] x", "2 [] yy"}},
		{"refuses names", imaptest.RefusesNames(blank), "a CREATE good\r\nz CREATE \"bad \"\r\n", "a OK CREATE done\r\nz NO [CANNOT] Invalid mailbox name\r\n", nil},
		{"read-only", imaptest.ReadOnly("INBOX"), "a APPEND INBOX " + x + "\r\nb SELECT INBOX\r\nc UID STORE 1 FLAGS ()\r\nz DELETE INBOX\r\n",
			"a NO [NOPERM] Permission denied\r\n* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* 0 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] valid\r\n" +
				"* OK [UIDNEXT 1] next\r\nb OK [READ-ONLY] open\r\nc NO [NOPERM] Permission denied\r\nz NO [NOPERM] Permission denied\r\n", nil},
		{"loses a folder", imaptest.LosesFolder("a", 2), "a CREATE a\r\nb APPEND a " + x + "\r\nc APPEND INBOX " + x + "\r\nz APPEND a " + x + "\r\n",
			"a OK CREATE done\r\nb OK [APPENDUID 2 1] APPEND done\r\nc OK [APPENDUID 1 1] APPEND done\r\nz NO [TRYCREATE] no such folder\r\n", []string{"1 [] x"}},
		{"runs literals with bad flags", imaptest.RunsLiterals(), "a APPEND INBOX (\\Seen) " + x + " (\\Foo) {16+}\r\nb CREATE INBOX\r\nz NOOP\r\n",
			"a BAD Error in IMAP command APPEND: bad flags [\"\\\\Foo\"]\r\nb NO [ALREADYEXISTS] it is there\r\nz OK NOOP done\r\n", nil},
		{"runs literals with a bad date", imaptest.RunsLiterals(), "a APPEND INBOX \"today\" {16+}\r\nb CREATE INBOX\r\nz NOOP\r\n",
			"a BAD Error in IMAP command APPEND: bad date \"today\"\r\nb NO [ALREADYEXISTS] it is there\r\nz OK NOOP done\r\n", nil},
		{"too big", imaptest.TooBig(1), "a APPEND INBOX " + x + "\r\nz APPEND INBOX " + y + "\r\n",
			"a OK [APPENDUID 1 1] APPEND done\r\nz NO [TOOBIG] Maximum size of appendable message has been exceeded\r\n", []string{"1 [] x"}},
		{"over quota", imaptest.Overquota(3), "a APPEND INBOX " + y + " " + y + "\r\nb APPEND INBOX " + y + "\r\nc APPEND INBOX " + y + "\r\nz APPEND INBOX " + x + "\r\n",
			"a NO [OVERQUOTA] Quota exceeded\r\nb OK [APPENDUID 1 1] APPEND done\r\nc NO [OVERQUOTA] Quota exceeded\r\nz OK [APPENDUID 1 2] APPEND done\r\n", []string{"1 [] yy", "2 [] x"}},
		{"refuses NUL", imaptest.RefusesNUL(), "z APPEND INBOX {1+}\r\n\x00\r\n", "z NO Message contains NUL characters\r\n", nil},
		{"refuses 8 bits in headers", imaptest.Refuses8BitHeaders(), "a APPEND INBOX {5+}\r\n\r\n\r\n\xfc\r\nz APPEND INBOX {5+}\r\n\xfc\r\n\r\n\r\n",
			"a OK [APPENDUID 1 1] APPEND done\r\nz NO Message contains non-ASCII characters in headers\r\n", []string{"1 [] \r\n\r\n\xfc"}},
		{"refuses keywords", imaptest.RefusesKeywords(), "a APPEND INBOX (work) " + x + "\r\nb APPEND INBOX (\\Seen) " + x + "\r\nc EXAMINE INBOX\r\nz UID STORE 1 +FLAGS (work)\r\n",
			"c OK [READ-ONLY] open\r\nz NO STORE Invalid flag list\r\n", []string{`1 [\Seen] x`}},
		{"forgets flags", imaptest.ForgetsFlags(`\Flagged`, "*"), "z APPEND INBOX (\\Flagged work \\Seen) " + x + "\r\n", "z OK [APPENDUID 1 1] APPEND done\r\n", []string{`1 [\Seen] x`}},
		{"rewrites headers", imaptest.RewritesHeaders("X-Own: y"), "z APPEND INBOX {14+}\r\nA: b\r\n c\r\n\r\nd\r\n", "z OK [APPENDUID 1 1] APPEND done\r\n", []string{"1 [] X-Own: y\r\nA: b c\r\n\r\nd"}},
		{"drops duplicates, new UIDs", imaptest.DropsDuplicates(imaptest.ToldNew), "a APPEND INBOX " + x + " " + x + "\r\nb APPEND INBOX " + x + "\r\nz APPEND INBOX " + y + "\r\n",
			"a OK [APPENDUID 1 1,2] APPEND done\r\nb OK [APPENDUID 1 3] APPEND done\r\nz OK [APPENDUID 1 4] APPEND done\r\n", []string{"1 [] x", "4 [] yy"}},
		{"drops duplicates, old UIDs", imaptest.DropsDuplicates(imaptest.ToldOld), "a APPEND INBOX " + x + " " + x + "\r\nb APPEND INBOX " + x + "\r\nz APPEND INBOX " + y + "\r\n",
			"a OK [APPENDUID 1 1,1] APPEND done\r\nb OK [APPENDUID 1 1] APPEND done\r\nz OK [APPENDUID 1 2] APPEND done\r\n", []string{"1 [] x", "2 [] yy"}},
		{"drops duplicates, no UIDs", imaptest.DropsDuplicates(imaptest.ToldNone), "a APPEND INBOX " + x + " " + x + "\r\nz APPEND INBOX " + y + "\r\n",
			"a OK APPEND done\r\nz OK [APPENDUID 1 3] APPEND done\r\n", []string{"1 [] x", "3 [] yy"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := imaptest.NewScript(t, imaptest.Script{Greeting: "*", Quirks: []imaptest.Quirk{test.quirk}, Capability: "IMAP4rev1 LITERAL+ MULTIAPPEND UIDPLUS"})
			if got := newTalk(t, s.Addr).say(test.send); !strings.HasSuffix(got, test.heard) {
				t.Errorf("heard %q\nwant %q", got, test.heard)
			}
			var held []string
			for _, m := range s.Folder("INBOX").Messages {
				held = append(held, strings.TrimSpace(strings.Join([]string{uidText(m.UID), "[" + strings.Join(m.Flags, " ") + "]", string(m.Body)}, " ")))
			}
			if !slices.Equal(held, trimmed(test.held)) {
				t.Errorf("held %q\nwant %q", held, test.held)
			}
		})
	}
}

func uidText(uid uint32) string { return string(rune('0' + uid)) }

func trimmed(list []string) []string {
	var out []string
	for _, x := range list {
		out = append(out, strings.TrimSpace(x))
	}
	return out
}

// TestStallsBeforeOK: the message is stored, the client hears nothing, another
// client is served.
func TestStallsBeforeOK(t *testing.T) {
	stored := make(chan bool, 2)
	tell := imaptest.Quirk{Stored: func(*imaptest.ScriptConn, imaptest.Command, string) bool {
		stored <- true
		return false
	}}
	s := imaptest.NewScript(t, imaptest.Script{Quirks: []imaptest.Quirk{tell, imaptest.StallsBeforeOK(1, 1)}})
	first := newTalk(t, s.Addr)
	if _, err := io.WriteString(first, "z APPEND INBOX {1}\r\n"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"* OK [", "+ "} {
		if line, err := first.r.ReadString('\n'); err != nil || !strings.HasPrefix(line, want) {
			t.Fatalf("got %q, %v", line, err)
		}
	}
	if _, err := io.WriteString(first, "x\r\n"); err != nil {
		t.Fatal(err)
	}
	<-stored
	if got := newTalk(t, s.Addr).say("z APPEND INBOX {1+}\r\nx\r\n"); !strings.HasSuffix(got, "z OK APPEND done\r\n") {
		t.Errorf("second connection: %q", got)
	}
	if n := len(s.Folder("INBOX").Messages); n != 2 {
		t.Errorf("%d messages", n)
	}
}
