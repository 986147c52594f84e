package app

import "strings"

// extension is one that matters, and what it does for a run. with is said where
// the server has it, without where it does not; "" says nothing.
type extension struct{ name, with, without string }

func extensions() []extension {
	return []extension{
		{"LIST-STATUS", "one question lists all folders with their counters", "each folder is asked for its counters"},
		{"CONDSTORE", "flags are fetched only where they changed", "each run asks for the flags of all messages in changed folders"},
		{"ESEARCH", "which messages there are comes as short ranges", "which messages there are comes one by one"},
		{"STATUS=SIZE", "how much there is is known before it is fetched", "how much there is is not known before it is fetched"},
		{"SPECIAL-USE", "Sent, Trash and so on are known whatever their names", "Sent, Trash and so on are known by their names only"},
		{"NAMESPACE", "", "the prefix of folder names is not known"},
		{"UTF8=ACCEPT", "names and headers come as they are", ""},
		{"X-GM-EXT-1", "Gmail's labels and message numbers", ""},
		{"UIDPLUS", "the server tells where a copy arrived", "copies are looked for after the run"},
		{"CREATE-SPECIAL-USE", "new folders get their use (Sent, Trash and so on)", ""},
	}
}

// sending is what makes putting mail into the account fast, the best first.
func sending() []extension {
	return []extension{
		{name: "MULTIAPPEND", with: "many messages are stored by one command"},
		{name: "LITERAL+", with: "messages are sent one behind the other without waiting"},
		{name: "IMAP4rev2", with: "small messages are sent without waiting, larger ones wait a round trip each"},
		{name: "LITERAL-", with: "small messages are sent without waiting, larger ones wait a round trip each"},
	}
}

// extensions tells what the server can do and what that means.
func (c *accountChecker) extensions() {
	c.begin("Extensions")
	for _, e := range extensions() {
		switch {
		case c.about.Has(e.name) && e.with != "":
			c.tell(e.name, e.with)
		case !c.about.Has(e.name) && e.without != "":
			c.tell("no "+e.name, e.without)
		}
	}
	fast := false
	for _, e := range sending() {
		if c.about.Has(e.name) && !fast {
			c.tell(e.name, e.with+" (as a target)")
			fast = true
		}
	}
	if !fast {
		c.tell("no LITERAL+", "as a target each message waits a round trip")
	}
	if c.u.Verbose() {
		c.tell("all", strings.Join(c.about.Capabilities, " "))
	}
}
