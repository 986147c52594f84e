package imaptest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// rich is all that a scripted server knows.
const rich = "IMAP4rev1 LITERAL+ BINARY MULTIAPPEND UIDPLUS CONDSTORE CREATE-SPECIAL-USE QUOTA APPENDLIMIT=100"

// TestScriptTakesMail sends commands that change an account to servers of many
// capabilities.
func TestScriptTakesMail(t *testing.T) {
	const x, y = "{1+}\r\nx", "{2+}\r\nyy"
	for _, test := range []struct {
		name, capability, send, want string
	}{
		{"append", "", "z APPEND INBOX " + x + "\r\n", "z OK APPEND done\r\n"},
		{"append waiting", "IMAP4rev1", "z APPEND INBOX {1}\r\nx\r\n", "+ go on\r\nz OK APPEND done\r\n"},
		{"append not waiting to a server that waits", "IMAP4rev1", "z APPEND INBOX " + x + "\r\n", "z BAD a literal that did not wait\r\n"},
		{"append small, LITERAL-", "IMAP4rev1 LITERAL-", "z APPEND INBOX " + x + "\r\n", "z OK APPEND done\r\n"},
		{"append large, LITERAL-", "IMAP4rev1 LITERAL-", "z APPEND INBOX {4097+}\r\n" + strings.Repeat("x", 4097) + "\r\n",
			"z BAD [TOOBIG] a literal over 4096 octets that did not wait\r\n"},
		{"append uid", rich, "z APPEND INBOX (\\seen work) \" 1-Jan-2020 00:00:00 +0545\" " + x + "\r\n", "z OK [APPENDUID 7 9] APPEND done\r\n"},
		{"append many", rich, "z APPEND INBOX " + x + " (\\Seen) " + y + " \"11-Jan-2020 00:00:00 +0545\" ~{1}\r\nx\r\n",
			"+ go on\r\nz OK [APPENDUID 7 9,10,11] APPEND done\r\n"},
		{"append many to a server that cannot", "IMAP4rev1 LITERAL+ UIDPLUS", "z APPEND INBOX " + x + " " + y + "\r\n", "z BAD one message at a time\r\n"},
		{"append to the open folder", rich, "y SELECT INBOX\r\nz APPEND INBOX " + x + "\r\n", "* 3 EXISTS\r\nz OK [APPENDUID 7 9] APPEND done\r\n"},
		{"append of a literal8", "", "z APPEND INBOX ~" + x + "\r\n", "z BAD no literal8 here\r\n"},
		{"append nowhere", "", "z APPEND nowhere " + x + "\r\n", "z NO [TRYCREATE] no such folder\r\n"},
		{"append nowhere waiting", "", "z APPEND \"no where\" (\\Seen) {1}\r\nz NOOP\r\n", "z NO [TRYCREATE] no such folder\r\n"},
		{"append to a name without a folder", "", "z APPEND Parent " + x + "\r\n", "z NO [TRYCREATE] no such folder\r\n"},
		{"append with recent", "", "z APPEND INBOX (\\Recent) " + x + "\r\n", "z BAD bad flags [\"\\\\Recent\"]\r\n"},
		{"append with a bad date", "", "z APPEND INBOX \"1-Jan-2020 00:00:00 +0545\" " + x + "\r\n", "z BAD bad date \"1-Jan-2020 00:00:00 +0545\"\r\n"},
		{"append without a message", "", "z APPEND INBOX (\\Seen)\r\n", "z BAD cannot read the arguments\r\n"},
		{"append too large", rich, "z APPEND INBOX {101+}\r\n" + strings.Repeat("x", 101) + "\r\n", "z NO [TOOBIG] the limit is 100\r\n"},
		{"append too large waiting", rich, "z APPEND INBOX {101}\r\nz NOOP\r\n", "z NO [TOOBIG] the limit is 100\r\n"},
		{"append over quota", rich, "z APPEND INBOX {60+}\r\n" + strings.Repeat("x", 60) + " {60+}\r\n" + strings.Repeat("x", 60) + "\r\n",
			"z NO [OVERQUOTA] the account is full\r\n"},
		{"quota", rich, "z GETQUOTAROOT INBOX\r\n", "* QUOTAROOT \"INBOX\" \"all\"\r\n* QUOTA \"all\" (STORAGE 1 0)\r\nz OK GETQUOTAROOT done\r\n"},
		{"no quota", "", "z GETQUOTAROOT INBOX\r\n", "z BAD no quota here\r\n"},
		{"create", "", "y CREATE a/b/\r\nz LIST \"\" *\r\n", "* LIST () \"/\" \"a/b\"\r\n* LIST (\\Noselect) \"/\" \"a\"\r\nz OK LIST done\r\n"},
		{"create twice", "", "z CREATE inbox\r\n", "z NO [ALREADYEXISTS] it is there\r\n"},
		{"create with a use", rich, "y CREATE Mine (USE (\\Sent))\r\nz LIST \"\" *\r\n", "* LIST (\\Sent) \"/\" \"Mine\"\r\nz OK LIST done\r\n"},
		{"create with a use where there are none", "", "z CREATE Mine (USE (\\Sent))\r\n", "z BAD no such parameters\r\n"},
		{"create a parent", "", "y CREATE Parent\r\nz STATUS Parent (MESSAGES)\r\n", "* STATUS \"Parent\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 8)\r\nz OK STATUS done\r\n"},
		{"a new UIDVALIDITY each time", "", "y CREATE a\r\nx DELETE a\r\nw CREATE a\r\nz STATUS a (MESSAGES)\r\n", "* STATUS \"a\" (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 9)\r\nz OK STATUS done\r\n"},
		{"delete a parent", "", "y CREATE a\r\nx CREATE a/b\r\nw DELETE a\r\nz LIST \"\" *\r\n", "* LIST (\\Noselect) \"/\" \"a\"\r\n* LIST () \"/\" \"a/b\"\r\nz OK LIST done\r\n"},
		{"delete INBOX", "", "z DELETE INBOX\r\n", "z NO [CANNOT] not INBOX\r\n"},
		{"subscribe", "", "y SUBSCRIBE \"odd \\\"name\\\"\"\r\nx UNSUBSCRIBE INBOX\r\nz LSUB \"\" *\r\n", "OK UNSUBSCRIBE done\r\n* LSUB () \"/\" \"odd \\\"name\\\"\"\r\nz OK LSUB done\r\n"},
		{"subscribe to nothing", "", "z SUBSCRIBE nowhere\r\n", "z NO [NONEXISTENT] no such folder\r\n"},
		{"select", "", "z SELECT INBOX\r\n", "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] kept\r\nz OK [READ-WRITE] open\r\n"},
		{"store", "", "y SELECT INBOX\r\nz UID STORE 1:* +FLAGS (\\Flagged work)\r\n", "* 1 FETCH (UID 3 FLAGS (\\Seen \\Flagged work) MODSEQ (10))\r\n* 2 FETCH (UID 8 FLAGS (\\Flagged work) MODSEQ (11))\r\nz OK STORE done\r\n"},
		{"store silently", "", "y SELECT INBOX\r\nx UID STORE 3 -FLAGS.SILENT \\Seen\r\nz UID FETCH 3 (FLAGS MODSEQ)\r\n", "x OK STORE done\r\n* 1 FETCH (UID 3 FLAGS () MODSEQ (10))\r\nz OK UID FETCH done\r\n"},
		{"store unless changed", rich, "y SELECT INBOX\r\nz UID STORE 3,8 (UNCHANGEDSINCE 5) FLAGS.SILENT (\\Draft)\r\n", "* 1 FETCH (UID 3 MODSEQ (10))\r\nz OK [MODIFIED 8] STORE done\r\n"},
		{"store where it was opened for reading", "", "y EXAMINE INBOX\r\nz UID STORE 3 FLAGS ()\r\n", "z NO [READ-ONLY] it was opened for reading\r\n"},
		{"expunge of some", rich, "y SELECT INBOX\r\nx UID STORE 1:* +FLAGS.SILENT (\\Deleted)\r\nz UID EXPUNGE 8\r\n", "x OK STORE done\r\n* 2 EXPUNGE\r\nz OK UID EXPUNGE done\r\n"},
		{"expunge of all", "", "y SELECT INBOX\r\nx UID STORE 1:* +FLAGS.SILENT (\\Deleted)\r\nz EXPUNGE\r\n", "* 1 EXPUNGE\r\n* 1 EXPUNGE\r\nz OK EXPUNGE done\r\n"},
		{"expunge of some where there is no such thing", "", "y SELECT INBOX\r\nz UID EXPUNGE 8\r\n", "z BAD cannot do that\r\n"},
		{"UIDs are not given again", "", "y SELECT INBOX\r\nx UID STORE 8 +FLAGS (\\Deleted)\r\nw CLOSE\r\nz STATUS INBOX (UIDNEXT)\r\n", "* STATUS \"INBOX\" (MESSAGES 1 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 11)\r\nz OK STATUS done\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := imaptest.NewScript(t, imaptest.Script{Capability: test.capability, Folders: scriptFolders(), Quota: 140})
			if got := newTalk(t, s.Addr).say(test.send); !strings.HasSuffix(got, test.want) {
				t.Errorf("got %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestScriptSearches(t *testing.T) {
	s := imaptest.NewScript(t, imaptest.Script{Folders: scriptFolders()})
	for _, test := range []struct{ keys, want string }{
		{"ALL", " 3 8"}, {"UID 4:8", " 8"}, {"2:*", " 8"}, {"SINCE 1-Jan-2020", " 8"}, {"BEFORE 1-Jan-2020", " 3"},
		{"ON 17-Jul-1996", " 3"}, {"LARGER 10", " 3"}, {"SMALLER 10", " 8"}, {"SEEN", " 3"}, {"UNSEEN", " 8"}, {"NOT SEEN UID 1:*", " 8"},
		{"UNDELETED", " 3 8"}, {"KEYWORD work", ""}, {"UNKEYWORD work LARGER 10", " 3"}, {"MODSEQ 6", " 8"},
		{"HEADER Message-ID <1@x>", " 3"}, {"HEADER {7+}\r\nSubject \"one\"", " 3"}, {"HEADER From x", ""},
	} {
		got := newTalk(t, s.Addr).say("y EXAMINE INBOX\r\nz UID SEARCH " + test.keys + "\r\n")
		if !strings.HasSuffix(got, "* SEARCH"+test.want+"\r\nz OK UID SEARCH done\r\n") {
			t.Errorf("%s: got %q", test.keys, got)
		}
	}
	for _, keys := range []string{"XYZZY", "SINCE yesterday", "LARGER many", "UID", "NOT"} {
		if got := newTalk(t, s.Addr).say("y EXAMINE INBOX\r\nz UID SEARCH " + keys + "\r\n"); !strings.Contains(got, "\r\nz BAD ") {
			t.Errorf("%s: got %q", keys, got)
		}
	}
}

// TestScriptChanges changes an account between two runs and while a client looks
// on.
func TestScriptChanges(t *testing.T) {
	s := imaptest.NewScript(t, imaptest.Script{Folders: scriptFolders(), FoldCase: true})
	c := newTalk(t, s.Addr)
	c.say("z SELECT INBOX\r\n")
	s.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
		folders[0].Messages = append(folders[0].Messages[1:], imaptest.ScriptMessage{UID: 20}, imaptest.ScriptMessage{UID: 30})
		return folders[:2]
	})
	if got, want := c.say("z NOOP\r\n"), "* 1 EXPUNGE\r\n* 3 EXISTS\r\nz OK NOOP done\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if s.Folder("Parent") != nil || s.Folder("iNbOx").UIDValidity != 7 {
		t.Error("Folder finds what is gone or does not find what is there")
	}
	if got, want := c.say("z CREATE \"ODD \\\"name\\\"\"\r\n"), "z NO [ALREADYEXISTS] it is there\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	s.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
		folders[0].Renew()
		return folders
	})
	if f := s.Folder("INBOX"); f.UIDValidity != 8 || f.UIDNext != 4 || f.Messages[2].UID != 3 {
		t.Errorf("renewed: %+v", f)
	}
	s.Change(func(folders []*imaptest.ScriptFolder) []*imaptest.ScriptFolder {
		folders[0].Empty()
		return folders
	})
	if f := s.Folder("INBOX"); f.UIDValidity != 8 || f.UIDNext != 4 || f.Messages != nil {
		t.Errorf("emptied: %+v", f)
	}
}

// TestScriptClientFills lets the raw client do to a scripted account what it does
// to real ones.
func TestScriptClientFills(t *testing.T) {
	for _, capability := range []string{"IMAP4rev1", rich, "IMAP4rev1 UIDPLUS LITERAL-"} {
		s := imaptest.NewScript(t, imaptest.Script{Capability: capability})
		c := imaptest.DialAddr(t, s.Addr, "me", "secret")
		fill(t, c)
		var got []string
		for _, m := range imaptest.Reference(t, s.Addr, "me", "secret") {
			got = append(got, fmt.Sprintf("%s %d %s %s %d", m.Folder, m.UID, m.Flags, m.InternalDate, m.Size))
		}
		if want := []string{"INBOX 1 [\\Seen work] 17-Jul-1996 02:44:25 -0700 1", "INBOX 2 []  1-Jan-2020 00:00:00 +0545 2"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", capability, got, want)
		}
	}
}
