package imaptest

import (
	"bytes"
	"slices"
)

// Greeting stands for the greeting where commands are named.
const Greeting = "greeting"

// TerminalText is what a terminal would obey: it sets the title, wipes the screen,
// changes colours, in C0 and in C1 form, overwrites the line and reverses text.
const TerminalText = "\x1b]0;owned\x07\x1b[2J\x9b31m\u009b31m\rgone\x7f\u202egnp.exe\u2066"

// Attack is what a server that is broken or means ill says to a command, or as
// its greeting.
type Attack struct {
	Name string
	// Lies tells that the server says what a client cannot know to be false, such
	// as that there are no folders, or that it has done what it has not.
	Lies bool

	commands, not []string
	say           func(c *ScriptConn, command Command)
}

// For tells whether the attack makes sense against a command.
func (a Attack) For(command string) bool {
	return (a.commands == nil || slices.Contains(a.commands, command)) && !slices.Contains(a.not, command)
}

// Against is the quirk of a server that answers a command so whenever active says
// yes.
func (a Attack) Against(command string, active func() bool) Quirk {
	return Quirk{
		Greet: func(c *ScriptConn) bool {
			due := command == Greeting && active()
			if due {
				a.say(c, Command{Connection: c.Number, Tag: "*", Name: Greeting})
			}
			return due
		},
		Answer: func(c *ScriptConn, got Command) bool {
			due := command == got.Name && active()
			if due {
				a.say(c, got)
			}
			return due
		},
	}
}

// Attacks are those that any server can try, whatever it is asked, and those on
// what single commands tell.
func Attacks() []Attack {
	return slices.Concat(silences(), floods(), refusals(), replays(), listLies(), folderLies(), messageLies(), targetLies())
}

// silences leave the client without an answer, or without a part of it.
func silences() []Attack {
	return []Attack{
		{Name: "silence", say: func(c *ScriptConn, _ Command) { c.Hold() }},
		{Name: "end", say: func(c *ScriptConn, _ Command) { c.Close() }},
		{Name: "reset", say: func(c *ScriptConn, _ Command) { c.Reset() }},
		{Name: "half a line, then the end", say: func(c *ScriptConn, _ Command) {
			_, _ = c.Write([]byte("* OK half"))
			c.Close()
		}},
		{Name: "half an answer, then a reset", not: unheard, say: func(c *ScriptConn, command Command) {
			answer := bytes.Join(c.responses(command), nil)
			_, _ = c.Write(answer[:len(answer)/2])
			c.Reset()
		}},
		{Name: "a literal cut short", say: func(c *ScriptConn, _ Command) {
			c.Say("* LIST () \"/\" {100}", "short")
			c.Close()
		}},
		{Name: "BYE, then the end", say: func(c *ScriptConn, _ Command) {
			c.Say("* BYE " + TerminalText)
			c.Close()
		}},
		{Name: "BYE, then silence", say: func(c *ScriptConn, _ Command) {
			c.Say("* BYE " + TerminalText)
			c.Hold()
		}},
		{Name: "garbage", say: func(c *ScriptConn, _ Command) {
			_, _ = c.Write([]byte("\x00\xff" + TerminalText + "\r\n\r\n"))
			c.Close()
		}},
	}
}

// unheard are the commands behind whose answer the connection is another one:
// their answer cannot be looked at before it is sent.
var unheard = []string{"STARTTLS", "LOGOUT"}

// floods never end, or claim a size that nobody has room for.
func floods() []Attack {
	flood := func(begin, again string) func(*ScriptConn, Command) {
		return func(c *ScriptConn, _ Command) {
			_, _ = c.Write([]byte(begin))
			chunk := bytes.Repeat([]byte(again), 1+(64<<10)/len(again))
			for {
				if _, err := c.Write(chunk); err != nil {
					c.over = true
					return
				}
			}
		}
	}
	return []Attack{
		{Name: "an endless line", say: flood("* OK ", "x")},
		{Name: "endless lines", say: flood("", "* X-NOTHING of it\r\n")},
		{Name: "endless folders", say: flood("", "* LIST () \"/\" same\r\n")},
		{Name: "endless counts", say: flood("", "* 3 EXISTS\r\n")},
		{Name: "endless messages", say: flood("", "* 1 FETCH (UID 1)\r\n")},
		{Name: "endless continuations", say: flood("", "+ more\r\n")},
		{Name: "endless depth", say: flood("* 1 FETCH (UID 1 BODYSTRUCTURE ", "(")},
		{Name: "a giant name", say: flood("* LIST () \"/\" {400000000}\r\n", "x")},
		{Name: "a literal of 2^63-1 octets", say: flood("* 1 FETCH (UID 1 X {9223372036854775807}\r\n", "x")},
		{Name: "numbers too large", say: func(c *ScriptConn, command Command) {
			c.Say("* 99999999999999999999999 EXISTS", "* 4294967296 FETCH (UID 99999999999999999999999)")
			c.OK(command, "done")
		}},
	}
}

// refusals are answers without what was asked for.
func refusals() []Attack {
	answer := func(text string) func(*ScriptConn, Command) {
		return func(c *ScriptConn, command Command) { c.Say(command.Tag + " " + text) }
	}
	return []Attack{
		{Name: "NO", say: answer("NO " + TerminalText)},
		{Name: "BAD", say: answer("BAD [" + TerminalText + "] " + TerminalText)},
		{Name: "NO, later", say: answer("NO [UNAVAILABLE] " + TerminalText)},
		{Name: "an answer that is none", say: answer(TerminalText)},
		{Name: "OK and nothing else", Lies: true, say: answer("OK [ALERT] " + TerminalText)},
		{Name: "OK to a command that was not sent", say: func(c *ScriptConn, _ Command) {
			c.Say("h9999 OK done", "T9999 OK done")
			c.Hold()
		}},
	}
}
