package foreign

import (
	"fmt"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
)

// marks are what the header of an mbox message says about it.
type marks struct {
	letters  string // of Status and X-Status
	keywords []string
	others   []string // of X-Keywords: keywords if a mail program wrote them
	numbered bool     // X-UID, X-IMAP or X-IMAPbase is there
	base     bool     // X-IMAP or X-IMAPbase is there
	mozilla  uint64   // X-Mozilla-Status2 and, in the low half, X-Mozilla-Status
	length   int64    // Content-Length, -1 for none
	subject  string
	received time.Time // of the topmost Received field
	hasTrace bool
	date     time.Time // of the Date field
}

// maxKeywords bounds the keywords of one message.
const maxKeywords = 64

// The bits of X-Mozilla-Status, and of X-Mozilla-Status2 with it.
const (
	mozRead      = 0x0001
	mozReplied   = 0x0002
	mozMarked    = 0x0004
	mozExpunged  = 0x0008
	mozForwarded = 0x1000
	mozDeleted   = 0x0020_0000 // on the IMAP server
)

// internalSubject is that of the pseudo-message of UW-IMAP.
const internalSubject = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"

// learn takes one field. The first of a name counts: it stands where programs
// put theirs.
func (m *marks) learn(name, value string) {
	switch name {
	case "status", "x-status":
		m.letters += value
	case "x-uid":
		m.numbered = true
	case "x-imap", "x-imapbase":
		m.numbered, m.base = true, true
	case "x-keywords":
		m.others = append(m.others, strings.Fields(value)...)
	case "x-mozilla-keys":
		m.keywords = append(m.keywords, strings.Fields(value)...)
	case "x-mozilla-status":
		m.status(value, 16, 0xffff)
	case "x-mozilla-status2":
		m.status(value, 32, 0xffff_0000)
	case "content-length":
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && m.length < 0 {
			m.length = n
		}
	case "subject":
		m.subject = value
	case "received":
		if !m.hasTrace {
			m.hasTrace = true
			m.received = parseHeaderDate(value[strings.LastIndexByte(value, ';')+1:])
		}
	case "date":
		if m.date.IsZero() {
			m.date = parseHeaderDate(value)
		}
	}
}

// status takes the bits in mask of a hexadecimal number.
func (m *marks) status(value string, bits int, mask uint64) {
	if n, err := strconv.ParseUint(value, 16, bits); err == nil && m.mozilla&mask == 0 {
		m.mozilla |= n & mask
	}
}

// flags returns the flags of the message.
func (m *marks) flags() mailhaul.Flags {
	var list []string
	add := func(is bool, flag string) {
		if is {
			list = append(list, flag)
		}
	}
	has := func(letter string) bool { return strings.Contains(m.letters, letter) }
	add(has("R") || m.mozilla&mozRead != 0, `\Seen`)
	add(has("A") || m.mozilla&mozReplied != 0, `\Answered`)
	add(has("F") || m.mozilla&mozMarked != 0, `\Flagged`)
	add(has("T"), `\Draft`)
	add(has("D") || m.mozilla&mozDeleted != 0, `\Deleted`)
	add(m.mozilla&mozForwarded != 0, "$Forwarded")
	if label := m.mozilla >> 25 & 7; label >= 1 && label <= 5 { // of before Thunderbird 2
		list = append(list, fmt.Sprintf("$label%d", label))
	}
	words := m.keywords
	if m.numbered {
		words = append(words, m.others...)
	}
	for _, word := range words[:min(len(words), maxKeywords)] {
		add(isKeyword(word), word)
	}
	return mailhaul.MakeFlags(list...)
}

// isKeyword tells whether a word can be a keyword (RFC 9051, 9, flag-keyword).
func isKeyword(word string) bool {
	for i := 0; i < len(word); i++ {
		if c := word[i]; c <= ' ' || c > '~' || strings.IndexByte(`(){%*"\]`, c) >= 0 {
			return false
		}
	}
	return word != "" && len(word) <= 255
}

// internalDate chooses among the dates that there are.
func (m *marks) internalDate(s separator) time.Time {
	dates := []time.Time{s.date, m.received, m.date}
	switch {
	case s.ours != nil:
		return s.date
	case s.written:
		dates = []time.Time{m.received, m.date, s.date}
	}
	for _, d := range dates {
		// Programs write the epoch when they know no date.
		if !d.IsZero() && d.Unix() != 0 {
			return d
		}
	}
	return time.Time{}
}

func parseHeaderDate(value string) time.Time {
	t, err := mail.ParseDate(strings.TrimSpace(value))
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}
