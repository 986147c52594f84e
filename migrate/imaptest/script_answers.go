package imaptest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// defaultAnswer answers a command as an ordinary server does.
func (s *ScriptServer) defaultAnswer(c *ScriptConn, command Command) {
	switch command.Name {
	case "CAPABILITY":
		c.Say("* CAPABILITY " + s.capability(c))
	case "STARTTLS":
		s.answerStartTLS(c, command)
		return
	case "LOGIN":
		s.answerLogin(c, command, scriptWords(command))
		return
	case "AUTHENTICATE":
		s.answerAuthenticate(c, command)
		return
	case "NAMESPACE":
		c.Say(`* NAMESPACE (("" "/")) NIL NIL`)
	case "LIST", "LSUB":
		s.answerList(c, command)
	case "STATUS":
		f := s.named(command)
		if f == nil {
			c.Say(command.Tag + " NO [NONEXISTENT] no such folder")
			return
		}
		c.Say(f.status())
	case "SELECT", "EXAMINE":
		s.answerSelect(c, command)
		return
	case "UID SEARCH", "UID FETCH":
		if c.Selected == nil {
			c.Say(command.Tag + " BAD no folder is open")
			return
		}
		if command.Name == "UID SEARCH" {
			c.Selected.answerSearch(c, command)
		} else {
			c.Selected.answerFetch(c, command)
		}
	case "CLOSE", "UNSELECT":
		c.Selected = nil
	case "ID":
		c.Say(`* ID ("name" "script")`)
	case "ENABLE":
		c.Say("* ENABLED")
	case "NOOP", "CHECK", "SUBSCRIBE", "UNSUBSCRIBE":
	case "LOGOUT":
		c.Say("* BYE see you")
		c.OK(command, "LOGOUT done")
		c.Close()
		return
	default:
		c.Say(command.Tag + " BAD unknown command")
		return
	}
	c.OK(command, command.Name+" done")
}

func (s *ScriptServer) answerStartTLS(c *ScriptConn, command Command) {
	if s.script.Certificate == nil || c.secure {
		c.Say(command.Tag + " BAD no TLS here")
		return
	}
	c.OK(command, "go ahead")
	if c.w.Flush() != nil || c.startTLS() != nil {
		c.over = true
	}
}

// answerLogin checks a user and a password.
func (s *ScriptServer) answerLogin(c *ScriptConn, command Command, words []string) {
	if len(words) < 2 || s.script.User != "" && (words[0] != s.script.User || words[1] != s.script.Password) {
		c.Say(command.Tag + " NO [AUTHENTICATIONFAILED] wrong user or password")
		return
	}
	c.User = words[0]
	c.OK(command, "[CAPABILITY "+s.capability(c)+"] logged in")
}

// answerAuthenticate takes SASL PLAIN (RFC 4616), with the response in the
// command or after it.
func (s *ScriptServer) answerAuthenticate(c *ScriptConn, command Command) {
	mechanism, response, initial := strings.Cut(command.Args, " ")
	if !strings.EqualFold(mechanism, "PLAIN") {
		c.Say(command.Tag + " NO unknown mechanism")
		return
	}
	if !initial {
		c.Say("+ ")
		if c.w.Flush() != nil {
			return
		}
		var err error
		if response, err = c.ReadLine(); err != nil {
			c.over = true
			return
		}
	}
	raw, err := base64.StdEncoding.DecodeString(response)
	parts := strings.Split(string(raw), "\x00")
	if err != nil || len(parts) != 3 {
		c.Say(command.Tag + " BAD that is no PLAIN response")
		return
	}
	s.answerLogin(c, command, parts[1:])
}

// answerList lists all folders whatever the pattern. LIST-STATUS (RFC 5819) is
// answered where it is asked for.
func (s *ScriptServer) answerList(c *ScriptConn, command Command) {
	status := strings.Contains(strings.ToUpper(command.Args), "STATUS (")
	for _, f := range s.script.Folders {
		attributes := slices.Clone(f.Attributes)
		if command.Name == "LIST" && f.Subscribed && strings.Contains(strings.ToUpper(command.Args), "SUBSCRIBED") {
			attributes = append(attributes, `\Subscribed`)
		}
		if command.Name == "LSUB" && !f.Subscribed {
			continue
		}
		c.Say(fmt.Sprintf(`* %s (%s) "/" %s`, command.Name, strings.Join(attributes, " "), quote(f.Name)))
		if status && !slices.Contains(f.Attributes, `\Noselect`) {
			c.Say(f.status())
		}
	}
}

func (s *ScriptServer) answerSelect(c *ScriptConn, command Command) {
	c.Selected = s.named(command)
	if c.Selected == nil {
		c.Say(command.Tag + " NO [NONEXISTENT] no such folder")
		return
	}
	f := c.Selected
	c.Say(
		`* FLAGS (\Answered \Flagged \Deleted \Seen \Draft)`,
		fmt.Sprintf("* %d EXISTS", len(f.Messages)),
		"* 0 RECENT",
		fmt.Sprintf("* OK [UIDVALIDITY %d] valid", f.UIDValidity),
		fmt.Sprintf("* OK [UIDNEXT %d] next", f.uidNext()),
	)
	if f.HighestModSeq > 0 {
		c.Say(fmt.Sprintf("* OK [HIGHESTMODSEQ %d] highest", f.HighestModSeq))
	}
	access := "READ-WRITE"
	if command.Name == "EXAMINE" {
		access = "READ-ONLY"
	}
	c.OK(command, "["+access+"] open")
}

// named returns the folder that is the command's first argument, nil for none.
func (s *ScriptServer) named(command Command) *ScriptFolder {
	words := scriptWords(command)
	if len(words) == 0 {
		return nil
	}
	for _, f := range s.script.Folders {
		if f.Name == words[0] || strings.EqualFold(f.Name, "INBOX") && strings.EqualFold(words[0], "INBOX") {
			return f
		}
	}
	return nil
}

// scriptWords returns the first two arguments of a command, be they atoms, quoted
// strings or literals.
func scriptWords(command Command) []string {
	var words []string
	literals := command.Literals
	for text := command.Args; text != "" && len(words) < 2; text = strings.TrimLeft(text, " ") {
		var word string
		switch text[0] {
		case '"':
			word, text = unquote(text)
		case '{':
			_, text, _ = strings.Cut(text, "}")
			if len(literals) > 0 {
				word, literals = string(literals[0]), literals[1:]
			}
		default:
			word, text, _ = strings.Cut(text, " ")
		}
		words = append(words, word)
	}
	return words
}

// unquote splits a quoted string off the beginning of text.
func unquote(text string) (word, rest string) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
			if i < len(text) {
				b.WriteByte(text[i])
			}
		case '"':
			return b.String(), text[i+1:]
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String(), ""
}
