package export

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// owned are the header fields that programs which use mbox files take for their
// own, in lower case: what they say is of the file, not of the message.
var owned = [...]string{
	"status", "x-status", "x-keywords", "x-uid", "x-imap", "x-imapbase", "content-length",
	"x-mozilla-status", "x-mozilla-status2", "x-mozilla-keys",
}

// prefix hides a field of the message from those programs. One that has it gets
// another, so that all of them can be taken off again.
const prefix = "X-Mailhaul-"

// maxName bounds how much of a line is looked at for a field's name, in octets.
const maxName = 128

// statusLetters are the flags in the order in which X-Status shows them.
var statusLetters = [...]struct{ flag, letter string }{
	{`\Answered`, "A"}, {`\Flagged`, "F"}, {`\Draft`, "T"}, {`\Deleted`, "D"},
}

// header is what is done to a message's header in an mbox.
type header struct {
	newline string
	added   []byte // the fields that flags need
	// renamed are the names of the message's fields that get a prefix, in lower
	// case.
	renamed []string
	// top tells that the fields stand above the message, not at the end of its
	// header: it ends within a line, which would need a line end.
	top bool
	// open tells that it gets one all the same: above it, its first line would
	// become a part of the last field.
	open bool
}

// planHeader finds out what is to be done to a message's header. lost are the
// flags that have no place in it. The first message of a file also carries what
// is of the file.
func planHeader(b *body, r *mailhaul.Receipt, first bool) (h *header, lost []string, err error) {
	h = &header{newline: "\n"}
	if b.ends == mailhaul.LF {
		h.newline = "\r\n"
	}
	if first {
		h.add("X-IMAPbase", baseOf(r.Folder.UIDValidity, r.UID, nil))
	}
	h.add("X-UID", strconv.FormatUint(uint64(r.UID), 10))
	lost = h.addFlags(r.Flags)
	begin, last := byte('\n'), byte('\n')
	begun := false
	short, err := eachPiece(b.lines(), func(piece []byte, begins bool) error {
		if !begun {
			begin, begun = piece[0], true
		}
		last = piece[len(piece)-1]
		if name := ownedName(piece); begins && name != "" && !slices.Contains(h.renamed, name) {
			h.renamed = append(h.renamed, name)
		}
		return nil
	})
	if short && last != '\n' {
		h.open = begin == ' ' || begin == '\t'
		h.top = !h.open
	}
	return h, lost, err
}

// addFlags makes the fields that show the flags.
func (h *header) addFlags(flags mailhaul.Flags) (lost []string) {
	status, xStatus := "O", ""
	if flags.Has(`\Seen`) {
		status = "RO"
	}
	for _, l := range statusLetters {
		if flags.Has(l.flag) {
			xStatus += l.letter
		}
	}
	var keywords []string
	for _, f := range flags.List() {
		switch {
		case isSystem(f):
		case isKeyword(f):
			keywords = append(keywords, f)
		default:
			lost = append(lost, f)
		}
	}
	h.add("Status", status)
	h.add("X-Status", xStatus)
	h.add("X-Keywords", strings.Join(keywords, " "))
	return lost
}

// add adds a field unless its value is empty.
func (h *header) add(name, value string) {
	if value != "" {
		h.added = append(h.added, name+": "+value+h.newline...)
	}
}

// altered tells what is done to the message beside the fields that are added.
func (h *header) altered(lost []string) string {
	var parts []string
	if len(h.renamed) > 0 {
		parts = append(parts, "with \""+prefix+"\" before the field names "+strings.Join(h.renamed, " "))
	}
	if h.open {
		parts = append(parts, "with a line end at its end")
	}
	if len(lost) > 0 {
		parts = append(parts, lostText(lost))
	}
	return strings.Join(parts, ", ")
}

// size returns the size of the message, on the wire, without what is taken off
// again.
func (h *header) size(size int64) int64 {
	if h.open {
		size += int64(len(h.newline))
	}
	return size
}

// write writes a message as it is in an mbox, line ends as on the wire.
func (h *header) write(w io.Writer, b *body) error {
	r := b.lines()
	done := h.top
	put := func(p []byte) error { _, err := w.Write(p); return err }
	if h.top {
		if err := put(h.added); err != nil {
			return err
		}
	}
	_, err := eachPiece(r, func(piece []byte, begins bool) error {
		if begins && isEmpty(piece) {
			done = true
			if err := put(h.added); err != nil {
				return err
			}
		} else if begins && ownedName(piece) != "" {
			if err := put([]byte(prefix)); err != nil {
				return err
			}
		}
		return put(piece)
	})
	if err == nil && h.open {
		err = put([]byte(h.newline))
	}
	if err == nil && !done {
		err = put(h.added)
	}
	if err == nil {
		_, err = r.WriteTo(struct{ io.Writer }{w})
	}
	return err
}

// eachPiece calls fn with the lines of a header, its empty line included, in
// pieces where they are long; begins tells that a line begins. short tells that
// there is no empty line.
func eachPiece(r *bufio.Reader, fn func(piece []byte, begins bool) error) (short bool, err error) {
	for begins := true; ; {
		piece, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
			return false, err
		}
		if len(piece) > 0 {
			if err := fn(piece, begins); err != nil {
				return false, err
			}
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if begins && isEmpty(piece) {
			return false, nil
		}
		begins = err == nil
	}
}

func isEmpty(line []byte) bool { return string(line) == "\n" || string(line) == "\r\n" }

// ownedName returns the name, in lower case, of the field that begins with line
// if it is one of the owned ones, however often it has the prefix.
func ownedName(line []byte) string {
	name, _, found := bytes.Cut(line[:min(len(line), maxName)], []byte{':'})
	if !found {
		return ""
	}
	full := strings.ToLower(strings.TrimRight(string(name), " \t"))
	bare := full
	for strings.HasPrefix(bare, strings.ToLower(prefix)) {
		bare = bare[len(prefix):]
	}
	if !slices.Contains(owned[:], bare) {
		return ""
	}
	return full
}

func isSystem(flag string) bool {
	switch flag {
	case `\Answered`, `\Deleted`, `\Draft`, `\Flagged`, `\Seen`:
		return true
	}
	return false
}

// isKeyword tells whether a flag is a keyword (RFC 9051, 9, flag-keyword).
func isKeyword(flag string) bool {
	for i := range len(flag) {
		if c := flag[i]; c <= ' ' || c > '~' || strings.IndexByte(`(){%*"\]`, c) >= 0 {
			return false
		}
	}
	return flag != ""
}
