package foreign

import (
	"bytes"
	"slices"
	"strings"
)

// class says whose a part of a message is.
type class uint8

const (
	kept       class = iota // the message's
	owned                   // a mail program's
	ifKeywords              // X-Keywords: a mail program's beside its other fields
	ifLength                // Content-Length: a mail program's where it was believed
	hidden                  // "X-Mailhaul-" before such a field of the message, by an export
)

// hiding is what an export puts before fields of a message that mail programs
// would take for their own.
const hiding = "X-Mailhaul-"

// in tells whether a set of classes has c.
func (c class) in(set uint8) bool { return set>>c&1 != 0 }

// maxField is how long a mail program's field can be, in octets; maxText how
// much is looked at of another one.
const (
	maxField = 64 << 10
	maxText  = 4 << 10
)

// Names of fields, in lower case. The owned ones are taken off, the watched ones
// are looked at; atTop are those that Thunderbird puts above a message.
var (
	ownedFields   = []string{"status", "x-status", "x-uid", "x-imap", "x-imapbase", "x-keywords", "content-length", "x-mozilla-status", "x-mozilla-status2", "x-mozilla-keys"}
	watchedFields = []string{"received", "date", "subject"}
	atTop         = append([]string{"x-account-key", "x-uidl"}, ownedFields...)
)

// sink takes a message in pieces, each of one class. quoted is how many ">"
// stand before "From " at the beginning of the piece when it begins a line, 0
// when it is no such line.
type sink interface {
	put(c class, quoted int, inHeader bool, piece []byte)
}

// message takes the lines of a message and tells a sink what is whose.
type message struct {
	to sink
	// learn is told of the fields that are looked at; nil when nobody is.
	learn func(name, value string)

	onlyLF  bool // mailhaul stored it with LF: a CR is not part of a line end
	inBody  bool
	notTop  bool   // a field was seen that Thunderbird would have put below its own
	name    string // of the field under way, "" when nobody looks at it
	text    []byte // its text
	holding bool   // text is not given on yet
}

func (m *message) reset(onlyLF bool) {
	m.onlyLF = onlyLF
	m.inBody, m.notTop, m.name, m.text, m.holding = false, false, "", m.text[:0], false
}

// line takes a piece of a line.
func (m *message) line(piece []byte, first bool) {
	if m.inBody {
		m.to.put(kept, quoting(piece, first), false, piece)
		return
	}
	if !first || piece[0] == ' ' || piece[0] == '\t' {
		m.more(piece)
		return
	}
	m.endField()
	if string(piece) == "\n" || string(piece) == "\r\n" && !m.onlyLF {
		m.inBody = true
		m.to.put(kept, 0, true, piece)
		return
	}
	m.begin(piece)
}

// begin takes the first piece of a field.
func (m *message) begin(piece []byte) {
	if isHidden(piece) {
		m.notTop = true
		m.to.put(hidden, 0, true, piece[:len(hiding)])
		m.to.put(kept, 0, true, piece[len(hiding):])
		return
	}
	name := ""
	if colon := bytes.IndexByte(piece[:min(len(piece), 32)], ':'); colon > 0 {
		if name = strings.ToLower(string(piece[:colon])); len(name) != colon {
			name = "" // not ASCII
		}
	}
	m.holding = slices.Contains(ownedFields, name) && len(piece) <= maxField
	if m.holding || m.learn != nil && slices.Contains(watchedFields, name) {
		m.name = name
		m.text = append(m.text[:0], piece[:min(len(piece), maxField)]...)
	}
	if !m.holding {
		m.notTop = m.notTop || !slices.Contains(atTop, name)
		m.to.put(kept, quoting(piece, true), true, piece)
	}
}

// more takes a further piece of a field.
func (m *message) more(piece []byte) {
	switch {
	case m.holding && len(m.text)+len(piece) <= maxField:
		m.text = append(m.text, piece...)
		return
	case m.holding: // no mail program writes such a field
		m.to.put(kept, 0, true, m.text)
		m.holding, m.name, m.notTop = false, "", true
	case m.name != "" && len(m.text) < maxText:
		m.text = append(m.text, piece[:min(len(piece), maxText)]...)
	}
	m.to.put(kept, 0, true, piece)
}

// endField ends the field under way, as does the end of the message.
func (m *message) endField() {
	if m.name == "" {
		return
	}
	value := strings.Join(strings.Fields(string(m.text[len(m.name)+1:])), " ")
	c := kept
	if m.holding {
		c = classOf(m.name, value, !m.notTop)
		m.to.put(c, 0, true, m.text)
	}
	if m.learn != nil && (!m.holding || c != kept) {
		m.learn(m.name, value)
	}
	m.name, m.text, m.holding = "", m.text[:0], false
}

// classOf tells whose a field is that a mail program may have written.
func classOf(name, value string, top bool) class {
	written := true
	switch name {
	case "x-keywords":
		return ifKeywords
	case "content-length":
		if isDigits(value) {
			return ifLength
		}
		return kept
	case "status", "x-status":
		written = strings.Trim(value, "ADFNORTU ") == ""
	case "x-uid":
		written = isDigits(value)
	case "x-imap", "x-imapbase":
		words := strings.Fields(value)
		written = len(words) >= 2 && isDigits(words[0]) && isDigits(words[1])
	default: // X-Mozilla-...
		written = top
	}
	if written {
		return owned
	}
	return kept
}

// isHidden tells of a field that an export hid, or might have.
func isHidden(line []byte) bool {
	if len(line) < len(hiding) || !strings.EqualFold(string(line[:len(hiding)]), hiding) {
		return false
	}
	name, _, found := bytes.Cut(line[:min(len(line), 128)], []byte{':'})
	bare := strings.ToLower(strings.TrimRight(string(name), " \t"))
	for strings.HasPrefix(bare, strings.ToLower(hiding)) { // one for each export
		bare = bare[len(hiding):]
	}
	return found && slices.Contains(ownedFields, bare)
}

func isDigits(s string) bool {
	return s != "" && len(s) < 20 && strings.Trim(s, "0123456789") == ""
}

// quoting returns how many ">" stand before "From " at the beginning of a line.
func quoting(piece []byte, first bool) int {
	if !first || len(piece) == 0 || piece[0] != '>' {
		return 0
	}
	n := 0
	for n < len(piece) && piece[n] == '>' {
		n++
	}
	if !bytes.HasPrefix(piece[n:], from) {
		return 0
	}
	return n
}
