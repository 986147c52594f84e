package imaptest

import (
	"bufio"
	"bytes"
	"slices"
	"strings"
)

// responses returns what the server would say to a command by itself, a response
// each, the tagged one last. It is not sent.
func (c *ScriptConn) responses(command Command) [][]byte {
	var said bytes.Buffer
	w := c.w
	c.w = bufio.NewWriter(&said)
	defer func() { c.w = w }()
	if command.Name == Greeting {
		c.Say(c.server.greeting(c))
	} else {
		c.server.defaultAnswer(c, command)
	}
	_ = c.w.Flush() // into memory
	return splitResponses(said.Bytes())
}

// splitResponses cuts what a server says into responses with their literals.
func splitResponses(b []byte) (out [][]byte) {
	for begin, at := 0, 0; at < len(b); {
		line := b[at : at+bytes.IndexByte(b[at:], '\n')+1]
		at += len(line)
		if n, ok := literalSize(strings.TrimRight(string(line), "\r\n")); ok {
			at += int(n)
			continue
		}
		out = append(out, b[begin:at])
		begin = at
	}
	return out
}

// unsolicited are responses that nobody asked for: all that a server may send at
// any time (RFC 9051, 7), and what it may not.
func unsolicited() []byte {
	return []byte(strings.Join([]string{
		"* 2 EXISTS", "* 99 EXISTS", "* 1 EXPUNGE", "* 77 EXPUNGE", "* 1 RECENT", "* 2 FETCH (FLAGS (\\Seen))", "* 1 FETCH (UID 9 FLAGS (\\Deleted))",
		"* VANISHED 1:2", "* VANISHED (EARLIER) 1:99", "* FLAGS (\\Seen)", "* OK [ALERT] " + TerminalText, "* NO " + TerminalText, "* BAD " + TerminalText,
		"* OK [REFERRAL imap://127.0.0.1:9/]", "* CAPABILITY IMAP4rev1", "* ENABLED X-Y", "* ID NIL", "* X-WEIRD (a {2}", "hi b)", "",
	}, "\r\n"))
}

// replays are the right answers in a wrong form.
func replays() []Attack {
	// change makes an attack of what it does to the untagged responses, and to the
	// tagged one behind them.
	change := func(name string, how func(untagged [][]byte, tagged []byte) [][]byte) Attack {
		return Attack{Name: name, not: unheard, say: func(c *ScriptConn, command Command) {
			all := c.responses(command)
			last := len(all) - 1
			_, _ = c.Write(bytes.Join(how(slices.Clone(all[:last]), all[last]), nil))
		}}
	}
	bye := []byte("* BYE " + TerminalText + "\r\n")
	ends := func(a Attack) Attack {
		say := a.say
		a.say = func(c *ScriptConn, command Command) {
			say(c, command)
			c.Close()
		}
		return a
	}
	return []Attack{
		change("each answer twice", func(untagged [][]byte, tagged []byte) [][]byte {
			return append(slices.Concat(untagged, untagged), tagged)
		}),
		change("the last answer twice", func(untagged [][]byte, tagged []byte) [][]byte {
			return append(untagged, tagged, tagged)
		}),
		change("answers in reverse", func(untagged [][]byte, tagged []byte) [][]byte {
			slices.Reverse(untagged)
			return append(untagged, tagged)
		}),
		change("the last answer first", func(untagged [][]byte, tagged []byte) [][]byte {
			return append([][]byte{tagged}, untagged...)
		}),
		change("answers that nobody asked for", func(untagged [][]byte, tagged []byte) [][]byte {
			out := [][]byte{unsolicited()}
			for _, r := range untagged {
				out = append(out, r, unsolicited())
			}
			return append(out, tagged)
		}),
		ends(change("BYE before the answer", func(untagged [][]byte, tagged []byte) [][]byte {
			return append(append([][]byte{bye}, untagged...), tagged)
		})),
		ends(change("BYE within the answer", func(untagged [][]byte, tagged []byte) [][]byte {
			return append(untagged, bye, tagged)
		})),
		ends(change("BYE behind the answer", func(untagged [][]byte, tagged []byte) [][]byte {
			return append(untagged, tagged, bye)
		})),
		{Name: "octet by octet", not: unheard, say: func(c *ScriptConn, command Command) {
			for _, b := range bytes.Join(c.responses(command), nil) {
				_, _ = c.Write([]byte{b})
				_ = c.Flush()
			}
		}},
	}
}
