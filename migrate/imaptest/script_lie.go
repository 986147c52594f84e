package imaptest

import (
	"fmt"
	"regexp"
	"strings"
)

// rewrite answers as the server would by itself, but for what a pattern finds.
func rewrite(pattern, with string) func(*ScriptConn, Command) {
	re := regexp.MustCompile(pattern)
	return func(c *ScriptConn, command Command) {
		for _, r := range c.responses(command) {
			_, _ = c.Write(re.ReplaceAll(r, []byte(with)))
		}
	}
}

// also says lines before what the server would say by itself.
func also(lines ...string) func(*ScriptConn, Command) {
	return func(c *ScriptConn, command Command) {
		c.Say(lines...)
		c.server.defaultAnswer(c, command)
	}
}

// HostileNames are names of folders that must not become paths as they are.
func HostileNames() []string {
	return []string{
		"", ".", "..", "../..", "../../outside", "/absolute", "a/../../outside", "a//b", "a/./b", `..\..\outside`, `C:\outside`,
		"cur", "new/tmp", "A/cur", ".hidden", "-rf", "con", "x/mailhaul.db", "lock", "name\x01" + TerminalText, strings.Repeat("long", 200),
		strings.Repeat("deep/", 150) + "end", "&AC8-", "&AC4ALg-", "%2e%2e%2foutside",
	}
}

func listLies() []Attack {
	var hostile []string
	for _, name := range HostileNames() {
		hostile = append(hostile, fmt.Sprintf("* LIST () \"/\" {%d}\r\n%s", len(name), name))
	}
	list := []string{"LIST"}
	return []Attack{
		{Name: "folders with hostile names", commands: list, say: also(hostile...)},
		{Name: "another separator", commands: list, say: rewrite(`\) "/" `, `) "\\" `)},
		{Name: "no separator", commands: list, say: rewrite(`\) "/" `, `) NIL `)},
		{Name: "attributes that contradict", commands: list, say: rewrite(`\(\)`, `(\Noinferiors \HasChildren \Sent \Trash \`+TerminalText+`)`)},
		{Name: "all folders are gone", commands: list, Lies: true, say: rewrite(`^\* LIST \(`, `* LIST (\NonExistent \Noselect `)},
	}
}

func folderLies() []Attack {
	status, open := []string{"STATUS"}, []string{"EXAMINE", "SELECT"}
	search := []string{"UID SEARCH"}
	return []Attack{
		{Name: "counts of zero", commands: status, Lies: true, say: rewrite(`\d+`, `0`)},
		{Name: "the largest counts", commands: status, say: rewrite(`(MESSAGES|UIDNEXT) \d+`, `$1 4294967295`)},
		{Name: "counts beyond the largest", commands: status, say: rewrite(`(MESSAGES|UIDNEXT) \d+`, `$1 4294967296`)},
		{Name: "status of another folder", commands: status, say: rewrite(`STATUS \S+`, `STATUS "../other"`)},
		{Name: "UIDVALIDITY 0", commands: append(open, status...), say: rewrite(`UIDVALIDITY \d+`, `UIDVALIDITY 0`)},
		{Name: "another UIDVALIDITY", commands: append(open, status...), Lies: true, say: rewrite(`UIDVALIDITY \d+`, `UIDVALIDITY 4294967295`)},
		{Name: "no UIDVALIDITY", commands: open, say: rewrite(`\[UIDVALIDITY \d+\]`, ``)},
		{Name: "the largest number of messages", commands: open, say: rewrite(`\d+ EXISTS`, `4294967295 EXISTS`)},
		{Name: "no messages", commands: open, Lies: true, say: rewrite(`\d+ EXISTS`, `0 EXISTS`)},
		{Name: "UIDNEXT 1", commands: open, Lies: true, say: rewrite(`UIDNEXT \d+`, `UIDNEXT 1`)},
		{Name: "no UIDs", commands: search, Lies: true, say: rewrite(` ALL \S+`, "")},
		{Name: "UIDs that are none", commands: search, say: rewrite(` ALL `, ` ALL 0,4294967296,`)},
		{Name: "UIDs of no messages", commands: search, say: rewrite(` ALL `, ` ALL 4294967295,777:778,777,`)},
		{Name: "the answer to another search", commands: search, say: rewrite(`TAG "[^"]*"`, `TAG "h9999"`)},
	}
}

func messageLies() []Attack {
	fetch := []string{"UID FETCH"}
	return []Attack{
		{Name: "other UIDs", commands: fetch, Lies: true, say: rewrite(`FETCH \(UID (\d+)`, `FETCH (UID 9$1`)},
		{Name: "UID 0", commands: fetch, say: rewrite(`FETCH \(UID \d+`, `FETCH (UID 0`)},
		{Name: "one UID for all", commands: fetch, Lies: true, say: rewrite(`FETCH \(UID \d+`, `FETCH (UID 1`)},
		{Name: "no UID", commands: fetch, say: rewrite(`FETCH \(UID \d+`, `FETCH (X 1`)},
		{Name: "no body", commands: fetch, say: rewrite(`(?s)BODY\[([^]]*)\] \{.*\)\r\n$`, "BODY[$1] NIL)\r\n")},
		{Name: "a body shorter than announced", commands: fetch, say: rewrite(`\{(\d+)\}`, `{1$1}`)},
		{Name: "flags that are none", commands: fetch, Lies: true, say: rewrite(`FLAGS \([^)]*\)`, `FLAGS (\\ / ../x `+TerminalText+` a:b)`)},
		{Name: "sizes that are none", commands: fetch, say: rewrite(`RFC822.SIZE \d+`, `RFC822.SIZE 4294967295`)},
	}
}

func targetLies() []Attack {
	add := []string{"APPEND"}
	answer := func(text string) func(*ScriptConn, Command) {
		return func(c *ScriptConn, command Command) { c.Say(command.Tag + " " + text) }
	}
	return []Attack{
		{Name: "APPENDUID 0", commands: add, say: rewrite(`APPENDUID (\d+) [^\]]*`, `APPENDUID $1 0`)},
		{Name: "APPENDUID of 2^32", commands: add, say: rewrite(`APPENDUID (\d+) [^\]]*`, `APPENDUID $1 4294967296`)},
		{Name: "APPENDUID of all", commands: add, say: rewrite(`APPENDUID (\d+) [^\]]*`, `APPENDUID $1 1:4294967295`)},
		// Which of them is where it says is a matter of chance.
		{Name: "APPENDUID of another message", commands: add, Lies: true, say: rewrite(`APPENDUID (\d+) [^\]]*`, `APPENDUID $1 1`)},
		{Name: "APPENDUID of another folder", commands: add, say: rewrite(`APPENDUID \d+`, `APPENDUID 4294967295`)},
		{Name: "APPENDUID with terminal sequences", commands: add, say: rewrite(`APPENDUID (\d+) [^\]]*`, `APPENDUID $1 `+TerminalText)},
		{Name: "OK without UID", commands: add, say: rewrite(`\[APPENDUID [^\]]*\] `, ``)},
		{Name: "a UID for what was not stored", commands: add, Lies: true, say: answer("OK [APPENDUID 1 900] done")},
		{Name: "stored, then a reset", commands: add, say: func(c *ScriptConn, command Command) {
			c.responses(command)
			c.Reset()
		}},
		{Name: "no such folder", commands: []string{"APPEND", "SELECT", "EXAMINE"}, say: answer("NO [TRYCREATE] " + TerminalText)},
		{Name: "it is there already", commands: []string{"CREATE"}, say: answer("NO [ALREADYEXISTS] " + TerminalText)},
		{Name: "a quota of nothing", commands: []string{"GETQUOTAROOT"}, say: also(`* QUOTAROOT "INBOX" "" x`, `* QUOTA "" (STORAGE 0 0 MESSAGE 9 0)`)},
		{Name: "a quota that is none", commands: []string{"GETQUOTAROOT"}, say: also(`* QUOTA "` + TerminalText + `" (STORAGE 18446744073709551616 -1)`)},
		{Name: "expunged what was not asked for", commands: []string{"UID EXPUNGE"}, say: also("* 4294967295 EXPUNGE", "* 1 EXPUNGE", "* 1 EXPUNGE", "* VANISHED 1:4294967295")},
	}
}
