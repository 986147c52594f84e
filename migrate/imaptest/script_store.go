package imaptest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// answerStore changes flags (RFC 9051, 6.4.6), where asked so only of messages
// that nobody has changed meanwhile (RFC 7162, 3.1.3).
func (f *ScriptFolder) answerStore(c *ScriptConn, command Command, args []argument) {
	unchanged := uint64(0)
	conditional := len(args) > 2 && args[1].kind == list && len(args[1].list) == 2 && strings.EqualFold(args[1].list[0], "UNCHANGEDSINCE")
	if conditional {
		var err error
		if unchanged, err = strconv.ParseUint(args[1].list[1], 10, 64); err != nil || !c.server.has("CONDSTORE") {
			c.Refuse(command, "BAD cannot compare with that")
			return
		}
		args = slices.Delete(args, 1, 2)
	}
	if len(args) < 3 {
		c.Refuse(command, "BAD set, operation and flags are needed")
		return
	}
	set := args[0].text
	op, silent := strings.CutSuffix(strings.ToUpper(args[1].text), ".SILENT")
	words := args[2].list
	if args[2].kind != list {
		words = texts(args[2:])
	}
	flags, err := systemFlags(words)
	if err != nil || !slices.Contains([]string{"FLAGS", "+FLAGS", "-FLAGS"}, op) {
		c.Refuse(command, "BAD such a change of flags is not known")
		return
	}
	var modified []string
	for i := range f.Messages {
		m := &f.Messages[i]
		switch {
		case !f.inSet(set, m.UID):
			continue
		case conditional && m.ModSeq > unchanged:
			modified = append(modified, strconv.FormatUint(uint64(m.UID), 10))
			continue
		}
		m.setFlags(op, flags)
		m.ModSeq = f.nextModSeq()
		items := "MODSEQ"
		if !silent {
			items += " FLAGS"
		}
		if !silent || conditional {
			c.SayMessage(i+1, *m, items)
		}
	}
	code := ""
	if modified != nil {
		code = fmt.Sprintf("[MODIFIED %s] ", strings.Join(modified, ","))
	}
	c.OK(command, code+"STORE done")
}

// setFlags changes a message's flags. The list is made anew: others may hold
// the one before.
func (m *ScriptMessage) setFlags(op string, flags []string) {
	var now []string
	if op != "FLAGS" {
		now = slices.Clone(m.Flags)
	}
	for _, flag := range flags {
		now = slices.DeleteFunc(now, func(x string) bool { return x == flag })
		if op != "-FLAGS" {
			now = append(now, flag)
		}
	}
	m.Flags = now
}

// expunge removes the messages of a set that are marked \Deleted.
func (f *ScriptFolder) expunge(set string) {
	f.UIDNext = f.uidNext() // before the last message goes
	before := len(f.Messages)
	f.Messages = slices.DeleteFunc(slices.Clone(f.Messages), func(m ScriptMessage) bool {
		return f.inSet(set, m.UID) && slices.Contains(m.Flags, `\Deleted`)
	})
	if len(f.Messages) < before {
		f.nextModSeq()
	}
}

// nextModSeq counts the folder's MODSEQ on where it keeps one.
func (f *ScriptFolder) nextModSeq() uint64 {
	if f.HighestModSeq > 0 {
		f.HighestModSeq++
	}
	return f.HighestModSeq
}

// Empty removes all messages, as a user does who wants to begin anew.
func (f *ScriptFolder) Empty() {
	f.UIDNext, f.Messages = f.uidNext(), nil
	f.nextModSeq()
}

// Renew gives the folder another UIDVALIDITY and its messages UIDs from 1 on, as
// a server does that has lost its index (RFC 9051, 2.3.1.1).
func (f *ScriptFolder) Renew() {
	f.UIDValidity++
	f.Messages = slices.Clone(f.Messages)
	for i := range f.Messages {
		f.Messages[i].UID = uint32(i + 1)
	}
	f.UIDNext = uint32(len(f.Messages) + 1)
}
