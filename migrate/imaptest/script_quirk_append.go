package imaptest

import (
	"bytes"
	"slices"
	"strings"
)

// RefusesMessages answers "NO text" to the APPEND of messages that refuse is true
// for.
func RefusesMessages(text string, refuse func(m ScriptMessage) bool) Quirk {
	return Quirk{Append: func(_ *ScriptConn, a *Appending) {
		if refuse(a.Message) {
			a.Refuse = "NO " + text
		}
	}}
}

// TooBig refuses messages of more than limit octets without announcing it, as
// Exchange, iCloud and Dovecot with quota_max_mail_size do.
func TooBig(limit int) Quirk {
	return RefusesMessages("[TOOBIG] Maximum size of appendable message has been exceeded",
		func(m ScriptMessage) bool { return len(m.Body) > limit })
}

// Overquota takes octets more octets from the first APPEND on and then refuses,
// where no quota is told. Exchange does so, and Gmail when too much was sent in
// a day. It takes more again when messages are removed.
func Overquota(octets int64) Quirk {
	limit := int64(-1)
	return Quirk{Append: func(c *ScriptConn, a *Appending) {
		sum := c.server.used()
		if limit < 0 {
			limit = sum + octets
		}
		for _, e := range a.Earlier {
			sum += int64(len(e.Message.Body))
		}
		if sum+int64(len(a.Message.Body)) > limit {
			a.Refuse = "NO [OVERQUOTA] Quota exceeded"
		}
	}}
}

// RefusesNUL refuses messages with NUL octets, as Cyrus does.
func RefusesNUL() Quirk {
	return RefusesMessages("Message contains NUL characters",
		func(m ScriptMessage) bool { return bytes.IndexByte(m.Body, 0) >= 0 })
}

// Refuses8BitHeaders refuses messages with octets above 127 in the header, as
// Cyrus does with reject8bit.
func Refuses8BitHeaders() Quirk {
	return RefusesMessages("Message contains non-ASCII characters in headers", func(m ScriptMessage) bool {
		return bytes.ContainsFunc(part(m.Body, "HEADER"), func(r rune) bool { return r > 127 })
	})
}

// isKeyword tells whether a flag is none of the system's.
func isKeyword(flag string) bool { return !strings.HasPrefix(flag, `\`) }

// RefusesKeywords refuses APPEND and STORE with keywords. Servers that keep none
// do so ("NO APPEND Invalid flag list"); most of them announce no \* in
// PERMANENTFLAGS, which is for [Script] to say.
func RefusesKeywords() Quirk {
	q := RefusesMessages("APPEND Invalid flag list", func(m ScriptMessage) bool { return slices.ContainsFunc(m.Flags, isKeyword) })
	q.Answer = func(c *ScriptConn, command Command) bool {
		if command.Name != "UID STORE" {
			return false
		}
		args, err := arguments(command)
		if err != nil || len(args) == 0 || !slices.ContainsFunc(args[len(args)-1].list, isKeyword) {
			return false
		}
		c.Refuse(command, "NO STORE Invalid flag list")
		return true
	}
	return q
}

// ForgetsFlags leaves flags out at APPEND without a word; "*" stands for all
// keywords. Exchange forgets \Flagged until it is stored, Yahoo all keywords.
func ForgetsFlags(flags ...string) Quirk {
	return Quirk{Append: func(_ *ScriptConn, a *Appending) {
		a.Message.Flags = slices.DeleteFunc(a.Message.Flags, func(flag string) bool {
			return slices.Contains(flags, flag) || isKeyword(flag) && slices.Contains(flags, "*")
		})
	}}
}

// RewritesHeaders adds header fields at the beginning and unfolds those there
// are, which changes octets and size and leaves the fields' values as they were.
// So does Exchange, which stores messages in a form of its own, and so did Domino
// and DBmail.
func RewritesHeaders(fields ...string) Quirk {
	return Quirk{Append: func(_ *ScriptConn, a *Appending) {
		header := part(a.Message.Body, "HEADER")
		text := a.Message.Body[len(header):]
		unfolded := strings.NewReplacer("\r\n ", " ", "\r\n\t", " ").Replace(string(header))
		var b bytes.Buffer
		for _, field := range fields {
			b.WriteString(field + "\r\n")
		}
		b.WriteString(unfolded)
		b.Write(text)
		a.Message.Body = b.Bytes()
	}}
}

// Told is which UID a server tells for a message that it does not store.
type Told uint8

// The ways.
const (
	ToldNew  Told = iota // one that no message ever gets: Gmail
	ToldOld              // that of the message that it has
	ToldNone             // none: UIDPLUS is announced, and the answer is a plain OK
)

// DropsDuplicates says OK to a message whose octets the folder already holds and
// does not store it a second time. The flags that it has stay. Gmail does so,
// and old versions of WildDuck (zone-eu/wildduck#555).
func DropsDuplicates(told Told) Quirk {
	dropped := false // in the command that is being answered
	return Quirk{
		Append: func(_ *ScriptConn, a *Appending) {
			dropped = dropped && len(a.Earlier) > 0
			same := func(m ScriptMessage) bool { return bytes.Equal(m.Body, a.Message.Body) }
			held := slices.IndexFunc(a.Folder.Messages, same)
			sent := slices.IndexFunc(a.Earlier, func(e *Appending) bool { return !e.Drop && same(e.Message) })
			if held < 0 && sent < 0 {
				return
			}
			a.Drop, dropped = true, true
			switch {
			case told != ToldOld:
			case held >= 0:
				a.Message.UID = a.Folder.Messages[held].UID
			default:
				a.double = a.Earlier[sent]
			}
		},
		Stored: func(c *ScriptConn, command Command, _ string) bool {
			hide := dropped && told == ToldNone
			if hide {
				c.OK(command, "APPEND done")
			}
			return hide
		},
	}
}
