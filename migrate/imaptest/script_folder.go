package imaptest

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// ScriptFolder is a folder of a scripted server.
type ScriptFolder struct {
	// Name is the name as it stands on the wire, Attributes such as \Sent.
	Name       string
	Attributes []string
	Subscribed bool
	// UIDNext is one more than the last message's UID where it is 0.
	UIDValidity, UIDNext uint32
	// HighestModSeq is left out where it is 0.
	HighestModSeq uint64
	Messages      []ScriptMessage // ascending by UID
}

// ScriptMessage is a message of a scripted server.
type ScriptMessage struct {
	UID          uint32
	Flags        []string
	InternalDate string // "" is "17-Jul-1996 02:44:25 -0700"
	ModSeq       uint64
	GmailID      uint64 // X-GM-MSGID, left out where it is 0
	GmailLabels  string // X-GM-LABELS, as they stand between the brackets
	Body         []byte
}

// date returns the message's INTERNALDATE.
func (m ScriptMessage) date() string { return cmp.Or(m.InternalDate, "17-Jul-1996 02:44:25 -0700") }

// uids returns the UIDs of all messages.
func (f *ScriptFolder) uids() []uint32 {
	uids := make([]uint32, len(f.Messages))
	for i, m := range f.Messages {
		uids[i] = m.UID
	}
	return uids
}

func (f *ScriptFolder) uidNext() uint32 {
	if f.UIDNext == 0 && len(f.Messages) > 0 {
		return f.Messages[len(f.Messages)-1].UID + 1
	}
	return max(1, f.UIDNext)
}

// status returns the untagged STATUS line with all that the server knows.
func (f *ScriptFolder) status() string {
	modSeq := ""
	if f.HighestModSeq > 0 {
		modSeq = fmt.Sprintf(" HIGHESTMODSEQ %d", f.HighestModSeq)
	}
	return fmt.Sprintf("* STATUS %s (MESSAGES %d UIDNEXT %d UIDVALIDITY %d%s)",
		quote(f.Name), len(f.Messages), f.uidNext(), f.UIDValidity, modSeq)
}

// answerFetch gives the messages of a set, with the items asked for.
func (f *ScriptFolder) answerFetch(c *ScriptConn, command Command) {
	set, items, _ := strings.Cut(command.Args, " ")
	since := changedSince(items)
	for i, m := range f.Messages {
		if f.inSet(set, m.UID) && m.ModSeq >= since {
			c.SayMessage(i+1, m, items)
		}
	}
}

// changedSince returns the least MODSEQ that a FETCH with these items is for.
func changedSince(items string) uint64 {
	_, text, ok := strings.Cut(strings.ToUpper(items), "CHANGEDSINCE ")
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimRight(strings.Fields(text)[0], ")"), 10, 64)
	if err != nil {
		return 0
	}
	return n + 1
}

// inSet tells whether a sequence-set of UIDs names uid.
func (f *ScriptFolder) inSet(set string, uid uint32) bool { return inSet(set, uid, f.uidNext()-1) }

// inSet tells whether a sequence-set names n, where "*" is last.
func inSet(set string, n, last uint32) bool {
	number := func(text string) uint32 {
		if text == "*" {
			return last
		}
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return 0
		}
		return uint32(n)
	}
	for part := range strings.SplitSeq(set, ",") {
		first, end, isRange := strings.Cut(part, ":")
		if !isRange {
			end = first
		}
		a, b := number(first), number(end)
		if min(a, b) <= n && n <= max(a, b) {
			return true
		}
	}
	return false
}

// SayMessage sends a FETCH response for a message under the sequence number
// seq, with what the items of a FETCH command ask for.
func (c *ScriptConn) SayMessage(seq int, m ScriptMessage, items string) {
	upper := strings.ToUpper(items)
	out := []string{fmt.Sprintf("UID %d", m.UID)}
	if strings.Contains(upper, "FLAGS") {
		out = append(out, "FLAGS ("+strings.Join(m.Flags, " ")+")")
	}
	if strings.Contains(upper, "INTERNALDATE") {
		out = append(out, "INTERNALDATE "+quote(m.date()))
	}
	if strings.Contains(upper, "RFC822.SIZE") {
		out = append(out, fmt.Sprintf("RFC822.SIZE %d", len(m.Body)))
	}
	if m.ModSeq > 0 && (strings.Contains(upper, "MODSEQ") || strings.Contains(upper, "CHANGEDSINCE")) {
		out = append(out, fmt.Sprintf("MODSEQ (%d)", m.ModSeq))
	}
	if m.GmailID > 0 && strings.Contains(upper, "X-GM-MSGID") {
		out = append(out, fmt.Sprintf("X-GM-MSGID %d", m.GmailID))
	}
	if m.GmailID > 0 && strings.Contains(upper, "X-GM-LABELS") {
		out = append(out, "X-GM-LABELS ("+m.GmailLabels+")")
	}
	for _, section := range sections(items) {
		octets := part(m.Body, section)
		out = append(out, fmt.Sprintf("BODY[%s] {%d}\r\n%s", section, len(octets), octets))
	}
	c.Say(fmt.Sprintf("* %d FETCH (%s)", seq, strings.Join(out, " ")))
}
