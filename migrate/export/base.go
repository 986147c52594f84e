package export

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// baseOctets is the length of the value of X-IMAPbase, blanks included: which
// keywords a file has shows only when messages come.
const baseOctets = 900

// base is the field X-IMAPbase of an mbox. Dovecot, UW-IMAP and Alpine keep
// UIDVALIDITY and the highest UID in it, and the keywords that the file has: they
// take no others from X-Keywords.
type base struct {
	place       int64 // of its value in the file
	uidValidity uint32
	lastUID     mailhaul.UID // the highest that was ever given
	keywords    []string
	changed     bool // since it was written
}

// baseOf returns the value of the field. Keywords that have no room are left out.
func baseOf(uidValidity uint32, lastUID mailhaul.UID, keywords []string) string {
	value := fmt.Sprintf("%010d %010d", uidValidity, lastUID)
	for _, k := range keywords {
		if len(value)+1+len(k) <= baseOctets {
			value += " " + k
		}
	}
	return value + strings.Repeat(" ", baseOctets-len(value))
}

// findBase finds the field in the first message of a file.
func findBase(f io.ReaderAt) (base, error) {
	const name = "X-IMAPbase: "
	r := bufio.NewReaderSize(io.NewSectionReader(f, 0, 1<<62), chunk)
	var at int64
	for begins := true; ; {
		piece, err := r.ReadSlice('\n')
		if begins && strings.HasPrefix(string(piece), name) {
			return base{place: at + int64(len(name))}, nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return base{}, fmt.Errorf("read back message: %w", err)
		}
		at += int64(len(piece))
		begins = err == nil
	}
}

// learn takes in what a message says of the file.
func (b *base) learn(r *mailhaul.Receipt) {
	b.uidValidity = r.Folder.UIDValidity
	last := r.UID
	if next := r.Folder.UIDNext; next > 0 {
		last = max(last, next-1)
	}
	if last > b.lastUID {
		b.lastUID, b.changed = last, true
	}
	for _, k := range r.Flags.List() {
		known := func(x string) bool { return strings.EqualFold(x, k) }
		if !isSystem(k) && isKeyword(k) && !slices.ContainsFunc(b.keywords, known) {
			b.keywords, b.changed = append(b.keywords, k), true
		}
	}
}

// write writes the field's value.
func (b *base) write(f io.WriterAt) error {
	b.changed = false
	_, err := f.WriteAt([]byte(baseOf(b.uidValidity, b.lastUID, b.keywords)), b.place)
	return err
}
