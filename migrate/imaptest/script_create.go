package imaptest

import (
	"fmt"
	"slices"
	"strings"
)

// delimiter is the hierarchy delimiter of a scripted server.
const delimiter = "/"

// answerCreate makes a folder, with the special uses that it is given (RFC 6154,
// 3). Parents that are missing become \Noselect, as with Dovecot.
func (s *ScriptServer) answerCreate(c *ScriptConn, command Command, args []argument) {
	if len(args) == 0 {
		c.Refuse(command, "BAD no name")
		return
	}
	name := strings.TrimSuffix(args[0].text, delimiter)
	uses, err := specialUses(args[1:])
	if err != nil || uses != nil && !s.has("CREATE-SPECIAL-USE") {
		c.Refuse(command, "BAD no such parameters")
		return
	}
	f := s.find(name)
	if name == "" || f != nil && !f.noSelect() {
		c.Refuse(command, "NO [ALREADYEXISTS] it is there")
		return
	}
	if f == nil {
		f = s.add(name)
	} else {
		f.UIDValidity, f.UIDNext = s.newValidity(), 1
	}
	f.Attributes = uses
	for i, r := range name {
		if parent := name[:i]; string(r) == delimiter && s.find(parent) == nil {
			s.add(parent).Attributes = []string{`\Noselect`}
		}
	}
	c.OK(command, "CREATE done")
}

// specialUses reads the parameters of CREATE: "(USE (\Sent))", without its inner
// parentheses.
func specialUses(args []argument) ([]string, error) {
	if len(args) == 0 {
		return nil, nil
	}
	words := args[0].list
	if len(args) > 1 || len(words) < 2 || !strings.EqualFold(words[0], "USE") {
		return nil, errArguments
	}
	return words[1:], nil
}

// newValidity returns a UIDVALIDITY that no folder has or had.
func (s *ScriptServer) newValidity() uint32 {
	for _, f := range s.script.Folders {
		s.validity = max(s.validity, f.UIDValidity)
	}
	s.validity++
	return s.validity
}

// add makes an empty folder.
func (s *ScriptServer) add(name string) *ScriptFolder {
	f := &ScriptFolder{Name: name, UIDValidity: s.newValidity(), UIDNext: 1}
	if s.has("CONDSTORE") {
		f.HighestModSeq = 1
	}
	s.script.Folders = append(s.script.Folders, f)
	return f
}

// answerDelete deletes a folder. One with others below it stays as a name that
// cannot be opened (RFC 3501, 6.3.4).
func (s *ScriptServer) answerDelete(c *ScriptConn, command Command, args []argument) {
	if len(args) == 0 {
		c.Refuse(command, "BAD no name")
		return
	}
	f := s.named(args[0].text)
	switch {
	case f == nil:
		c.Refuse(command, "NO [NONEXISTENT] no such folder")
		return
	case strings.EqualFold(f.Name, "INBOX"):
		c.Refuse(command, "NO [CANNOT] not INBOX")
		return
	}
	s.remove(f)
	c.OK(command, "DELETE done")
}

// remove deletes a folder. Its UIDVALIDITY is not given to another.
func (s *ScriptServer) remove(f *ScriptFolder) {
	s.validity = max(s.validity, f.UIDValidity)
	below := slices.ContainsFunc(s.script.Folders, func(x *ScriptFolder) bool { return strings.HasPrefix(x.Name, f.Name+delimiter) })
	if below {
		f.Attributes, f.Messages, f.UIDNext = []string{`\Noselect`}, nil, 0
		return
	}
	s.script.Folders = slices.DeleteFunc(s.script.Folders, func(x *ScriptFolder) bool { return x == f })
}

// subscribe takes a subscription or gives it back. One to a folder that is not
// there is refused, as by Cyrus; Dovecot takes it.
func (s *ScriptServer) subscribe(c *ScriptConn, command Command, args []argument) {
	var f *ScriptFolder
	if len(args) > 0 {
		f = s.find(args[0].text)
	}
	if f == nil {
		c.Refuse(command, "NO [NONEXISTENT] no such folder")
		return
	}
	f.Subscribed = command.Name == "SUBSCRIBE"
	c.OK(command, command.Name+" done")
}

// find returns the folder with a name, also one that cannot be opened; nil for
// none.
func (s *ScriptServer) find(name string) *ScriptFolder {
	for _, f := range s.script.Folders {
		fold := s.script.FoldCase || strings.EqualFold(f.Name, "INBOX")
		if f.Name == name || fold && strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

// named returns the folder with a name if it can be opened, else nil.
func (s *ScriptServer) named(name string) *ScriptFolder {
	if f := s.find(name); f != nil && !f.noSelect() {
		return f
	}
	return nil
}

func (f *ScriptFolder) noSelect() bool { return slices.Contains(f.Attributes, `\Noselect`) }

// answerQuota tells how much of the account is used (RFC 9208, 4.2 and 4.3), in
// units of 1024 octets.
func (s *ScriptServer) answerQuota(c *ScriptConn, command Command, args []argument) {
	switch {
	case !s.has("QUOTA") || len(args) == 0:
		c.Refuse(command, "BAD no quota here")
		return
	case command.Name == "GETQUOTAROOT":
		root := ""
		if s.script.Quota > 0 {
			root = ` "all"`
		}
		c.Say("* QUOTAROOT " + quote(args[0].text) + root)
	case s.script.Quota == 0 || args[0].text != "all":
		c.Refuse(command, "NO [NONEXISTENT] no such root")
		return
	}
	if s.script.Quota > 0 {
		c.Say(fmt.Sprintf(`* QUOTA "all" (STORAGE %d %d)`, (s.used()+1023)/1024, s.script.Quota/1024))
	}
	c.OK(command, command.Name+" done")
}

// used is the sum of all messages in octets.
func (s *ScriptServer) used() int64 {
	var sum int64
	for _, f := range s.script.Folders {
		for _, m := range f.Messages {
			sum += int64(len(m.Body))
		}
	}
	return sum
}
