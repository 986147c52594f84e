package imaptest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Appending is a message that a client wants to have stored, as a [Quirk] meets
// it before it is.
type Appending struct {
	// Folder is where it goes. Message is what will be stored: a quirk may change
	// it. Its UID is 0 until it is stored.
	Folder  *ScriptFolder
	Message ScriptMessage
	// Earlier are the messages before it in the same command.
	Earlier []*Appending
	// Refuse is the answer without its tag, such as "NO [TOOBIG] too large": then
	// none of the command's messages is stored (RFC 3502, 6.3.11).
	Refuse string
	// Drop lets the server say OK and store nothing. The UID that it tells is
	// Message.UID or, where that is 0, the one that the message would have got.
	Drop bool

	double *Appending // the earlier one whose UID is told in place of its own
}

// maxUnasked is the largest literal that a client may send without waiting where
// the server has LITERAL- (RFC 7888, 5), in octets.
const maxUnasked = 4096

// literalFault says what is wrong with the way in which a command's literals
// were sent, "" for nothing.
func (s *ScriptServer) literalFault(args []argument) string {
	for _, a := range args {
		switch {
		case a.kind != literalString:
		case a.binary && !s.has("BINARY"):
			return "BAD no literal8 here"
		case a.unasked && !s.has("LITERAL+") && !s.has("LITERAL-"):
			return "BAD a literal that did not wait"
		case a.unasked && !s.has("LITERAL+") && len(a.octets) > maxUnasked:
			return "BAD [TOOBIG] a literal over 4096 octets that did not wait"
		}
	}
	return ""
}

// refuseLiteral says, before a client may send a literal of size octets, why
// there is no use in it: the command so far is all that is known. "" lets it be
// sent.
func (s *ScriptServer) refuseLiteral(command Command, size int64) string {
	if command.Name != "APPEND" {
		return ""
	}
	if limit := s.appendLimit(); limit > 0 && size > limit {
		return "NO [TOOBIG] the limit is " + strconv.FormatInt(limit, 10)
	}
	end := strings.LastIndexByte(command.Args, '{')
	command.Args = strings.TrimSuffix(command.Args[:end], "~")
	args, err := arguments(command)
	if err == nil && len(args) > 0 && s.named(args[0].text) == nil {
		return "NO [TRYCREATE] no such folder"
	}
	return ""
}

// appendLimit is the size of the largest message (RFC 7889), 0 for no limit.
func (s *ScriptServer) appendLimit() int64 {
	for _, c := range s.announced() {
		if text, ok := strings.CutPrefix(c, "APPENDLIMIT="); ok {
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				return n
			}
		}
	}
	return 0
}

// answerAppend stores messages, all of them or none.
func (s *ScriptServer) answerAppend(c *ScriptConn, command Command, args []argument) {
	if len(args) == 0 {
		c.Refuse(command, "BAD no folder")
		return
	}
	f := s.named(args[0].text)
	if f == nil {
		c.Refuse(command, "NO [TRYCREATE] no such folder")
		return
	}
	messages, err := appended(args[1:])
	switch {
	case err != nil:
		c.Refuse(command, "BAD "+err.Error())
		return
	case len(messages) > 1 && !s.has("MULTIAPPEND"):
		c.Refuse(command, "BAD one message at a time")
		return
	}
	var list []*Appending
	for _, m := range messages {
		list = append(list, &Appending{Folder: f, Message: m, Earlier: list})
	}
	if refused := s.judge(c, list); refused != "" {
		c.Refuse(command, refused)
		return
	}
	uids := make([]string, len(list))
	for i, a := range list {
		uids[i] = strconv.FormatUint(uint64(a.store()), 10)
	}
	c.catchUp()
	answer := "APPEND done"
	if s.has("UIDPLUS") {
		answer = fmt.Sprintf("[APPENDUID %d %s] %s", f.UIDValidity, strings.Join(uids, ","), answer)
	}
	for _, q := range s.script.Quirks {
		if q.Stored != nil && q.Stored(c, command, answer) {
			return
		}
	}
	c.OK(command, answer)
}

// judge asks the quirks about each message and returns the first refusal.
func (s *ScriptServer) judge(c *ScriptConn, list []*Appending) string {
	used := s.used()
	for _, a := range list {
		for _, q := range s.script.Quirks {
			if q.Append != nil && a.Refuse == "" {
				q.Append(c, a)
			}
		}
		used += int64(len(a.Message.Body))
		limit := s.appendLimit()
		switch {
		case a.Refuse != "":
			return a.Refuse
		case limit > 0 && int64(len(a.Message.Body)) > limit:
			return "NO [TOOBIG] the limit is " + strconv.FormatInt(limit, 10)
		case s.script.Quota > 0 && used > s.script.Quota:
			return "NO [OVERQUOTA] the account is full"
		}
	}
	return ""
}

// store puts the message into its folder and returns the UID to tell.
func (a *Appending) store() uint32 {
	f := a.Folder
	switch {
	case a.Drop && a.double != nil:
		return a.double.Message.UID
	case a.Drop && a.Message.UID != 0:
		return a.Message.UID
	}
	a.Message.UID = f.uidNext()
	f.UIDNext = a.Message.UID + 1
	if !a.Drop {
		a.Message.ModSeq = f.nextModSeq()
		f.Messages = append(f.Messages, a.Message)
	}
	return a.Message.UID
}

// appended reads the messages of an APPEND: flags, a date and a literal each,
// where the first two may be missing.
func appended(args []argument) ([]ScriptMessage, error) {
	var messages []ScriptMessage
	m, dated := ScriptMessage{}, false
	for _, a := range args {
		switch a.kind {
		case list:
			flags, err := systemFlags(a.list)
			if err != nil || m.Flags != nil || dated {
				return nil, fmt.Errorf("bad flags %q", a.list)
			}
			m.Flags = flags
		case quotedString:
			if _, err := time.Parse(internalDate, a.text); err != nil || dated || len(a.text) != len(internalDate) {
				return nil, fmt.Errorf("bad date %q", a.text)
			}
			m.InternalDate, dated = a.text, true
		case literalString:
			if !dated {
				m.InternalDate = time.Now().UTC().Format(internalDate)
			}
			m.Body = a.octets
			messages = append(messages, m)
			m, dated = ScriptMessage{}, false
		default:
			return nil, errArguments
		}
	}
	if len(messages) == 0 || m.Flags != nil || dated {
		return nil, errArguments
	}
	return messages, nil
}

// internalDate is the form of a date-time (RFC 9051, 9).
const internalDate = "_2-Jan-2006 15:04:05 -0700"

// systemFlags returns a list of flags in which the system flags are spelled as
// RFC 9051 (2.3.2) does, each flag once. A system flag that a client cannot set
// is an error, as it is to Dovecot.
func systemFlags(flags []string) ([]string, error) {
	out := make([]string, 0, len(flags))
	for _, flag := range flags {
		if strings.HasPrefix(flag, `\`) {
			i := slices.IndexFunc(settable(), func(s string) bool { return strings.EqualFold(s, flag) })
			if i < 0 {
				return nil, fmt.Errorf("invalid system flag %s", flag)
			}
			flag = settable()[i]
		}
		if !slices.Contains(out, flag) {
			out = append(out, flag)
		}
	}
	return out, nil
}

func settable() []string {
	return []string{`\Answered`, `\Flagged`, `\Deleted`, `\Seen`, `\Draft`}
}
