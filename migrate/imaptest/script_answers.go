package imaptest

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// defaultAnswer answers a command as an ordinary server does, quirks aside.
func (s *ScriptServer) defaultAnswer(c *ScriptConn, command Command) {
	switch command.Name {
	case "CAPABILITY":
		c.Say("* CAPABILITY " + s.capability(c))
	case "STARTTLS":
		s.answerStartTLS(c, command)
		return
	case "AUTHENTICATE":
		s.answerAuthenticate(c, command)
		return
	case "NAMESPACE":
		c.Say(`* NAMESPACE (("" "/")) NIL NIL`)
	case "LIST", "LSUB":
		s.answerList(c, command)
	case "ID":
		c.Say(`* ID ("name" "script")`)
	case "ENABLE":
		c.Say("* ENABLED")
	case "NOOP", "CHECK":
		c.catchUp()
	case "LOGOUT":
		c.Say("* BYE see you")
		c.OK(command, "LOGOUT done")
		c.Close()
		return
	case "CLOSE", "UNSELECT", "EXPUNGE", "UID EXPUNGE", "UID SEARCH", "UID FETCH", "UID STORE":
		s.answerOpen(c, command)
		return
	default:
		s.answerNamed(c, command)
		return
	}
	c.OK(command, command.Name+" done")
}

// answerNamed answers commands whose arguments are names, flags and messages.
func (s *ScriptServer) answerNamed(c *ScriptConn, command Command) {
	args, err := arguments(command)
	if err != nil {
		c.Refuse(command, "BAD "+err.Error())
		return
	}
	if fault := s.literalFault(args); fault != "" {
		c.Refuse(command, fault)
		return
	}
	switch command.Name {
	case "LOGIN":
		s.answerLogin(c, command, texts(args))
	case "STATUS":
		s.answerStatus(c, command, args)
	case "SELECT", "EXAMINE":
		s.answerSelect(c, command, args)
	case "APPEND":
		s.answerAppend(c, command, args)
	case "CREATE":
		s.answerCreate(c, command, args)
	case "DELETE":
		s.answerDelete(c, command, args)
	case "SUBSCRIBE", "UNSUBSCRIBE":
		s.subscribe(c, command, args)
	case "GETQUOTAROOT", "GETQUOTA":
		s.answerQuota(c, command, args)
	default:
		c.Refuse(command, "BAD unknown command")
	}
}

// answerOpen answers commands about the folder that is open. First it tells what
// has become of that folder meanwhile.
func (s *ScriptServer) answerOpen(c *ScriptConn, command Command) {
	f := c.Selected
	if f == nil {
		c.Refuse(command, "BAD no folder is open")
		return
	}
	writes := command.Name == "EXPUNGE" || command.Name == "UID EXPUNGE" || command.Name == "UID STORE"
	if writes && c.readOnly {
		c.Refuse(command, "NO [READ-ONLY] it was opened for reading")
		return
	}
	c.catchUp()
	args, err := arguments(command)
	if err != nil && command.Name != "UID FETCH" { // whose items are something else
		c.Refuse(command, "BAD "+err.Error())
		return
	}
	switch command.Name {
	case "UID SEARCH":
		f.answerSearch(c, command, args)
		return
	case "UID STORE":
		f.answerStore(c, command, args)
		return
	case "UID FETCH":
		f.answerFetch(c, command)
	case "UID EXPUNGE":
		if !s.has("UIDPLUS") || len(args) != 1 {
			c.Refuse(command, "BAD cannot do that")
			return
		}
		f.expunge(args[0].text)
		c.catchUp()
	case "EXPUNGE":
		f.expunge("1:*")
		c.catchUp()
	case "CLOSE", "UNSELECT":
		if command.Name == "CLOSE" && !c.readOnly {
			f.expunge("1:*") // without a word (RFC 9051, 6.4.1)
		}
		c.Selected = nil
	}
	c.OK(command, command.Name+" done")
}

func (s *ScriptServer) answerStartTLS(c *ScriptConn, command Command) {
	if s.script.Certificate == nil || c.secure {
		c.Refuse(command, "BAD no TLS here")
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
		c.Refuse(command, "NO [AUTHENTICATIONFAILED] wrong user or password")
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
		c.Refuse(command, "NO unknown mechanism")
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
		c.Refuse(command, "BAD that is no PLAIN response")
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

func (s *ScriptServer) answerStatus(c *ScriptConn, command Command, args []argument) {
	if len(args) == 0 || s.named(args[0].text) == nil {
		c.Refuse(command, "NO [NONEXISTENT] no such folder")
		return
	}
	c.Say(s.named(args[0].text).status())
	c.OK(command, "STATUS done")
}

func (s *ScriptServer) answerSelect(c *ScriptConn, command Command, args []argument) {
	c.Selected = nil
	if len(args) > 0 {
		c.Selected = s.named(args[0].text)
	}
	if c.Selected == nil {
		c.Refuse(command, "NO [NONEXISTENT] no such folder")
		return
	}
	f := c.Selected
	c.readOnly = command.Name == "EXAMINE"
	c.told = f.uids()
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
	if c.readOnly {
		c.OK(command, "[READ-ONLY] open")
		return
	}
	flags := cmp.Or(s.script.PermanentFlags, strings.Join(settable(), " ")+` \*`)
	c.Say("* OK [PERMANENTFLAGS (" + flags + ")] kept")
	c.OK(command, "[READ-WRITE] open")
}
