package foreign

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// errValidity: the work is for other UIDs than the folder has.
var errValidity = errors.New("the folder has another UIDVALIDITY now")

// Fetch gives messages in the order in which they came.
func (s *Source) Fetch(ctx context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	return s.each(ctx, work, "read message", func(m *mailhaul.Message) error { return deliver(m) })
}

// Headers gives the identifying header fields of messages.
func (s *Source) Headers(ctx context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	return s.each(ctx, work, "read header", func(m *mailhaul.Message) error {
		if m.Err == nil {
			fields, err := identifying(m.Body)
			if m.Body = bytes.NewReader(fields); err != nil {
				m.Body, m.Err = nil, messageError("read header", m.Folder, m.UID, err)
			}
		}
		return deliver(m)
	})
}

// each gives the messages of work to deliver, which ends it with its error.
func (s *Source) each(ctx context.Context, work []mailhaul.Work, op string, deliver func(*mailhaul.Message) error) error {
	for _, w := range work {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.folder(ctx, w, op, deliver); err != nil {
			return err
		}
	}
	return nil
}

// folder gives the messages of one folder.
func (s *Source) folder(ctx context.Context, w mailhaul.Work, op string, deliver func(*mailhaul.Message) error) error {
	broken := func(err error) error {
		return deliver(&mailhaul.Message{Folder: w.Folder, Err: folderError("read folder", w.Folder, err)})
	}
	f, err := s.find(w.Folder)
	if err != nil {
		return broken(err)
	}
	r, err := f.open(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return broken(err)
	}
	defer r.close()
	if f.table.validity() != w.Folder.UIDValidity {
		return broken(errValidity)
	}
	order, gone := inOrder(f.table, w.UIDs)
	for _, i := range order {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := deliver(single(f.table, r, i, w.Folder, op)); err != nil {
			return err
		}
	}
	for uid := range gone.All() {
		if err := deliver(&mailhaul.Message{Folder: w.Folder, UID: uid, Err: messageError(op, w.Folder, uid, mailhaul.ErrGone)}); err != nil {
			return err
		}
	}
	return nil
}

// single opens message i of a table.
func single(t table, r reader, i int, f *mailhaul.Folder, op string) *mailhaul.Message {
	m := &mailhaul.Message{Folder: f, UID: t.uid(i), Flags: t.flags(i)}
	body, size, err := r.body(i)
	if err == nil {
		m.InternalDate, err = r.date(i)
	}
	if err != nil {
		m.Err = messageError(op, f, m.UID, err)
		return m
	}
	m.Size, m.Body = size, &namedErrors{body, op, m}
	return m
}

// namedErrors says in the error of a body which message it is of.
type namedErrors struct {
	body io.Reader
	op   string
	m    *mailhaul.Message
}

func (n *namedErrors) Read(p []byte) (int, error) {
	k, err := n.body.Read(p)
	if err != nil && err != io.EOF {
		err = messageError(n.op, n.m.Folder, n.m.UID, err)
	}
	return k, err
}

// maxHeader bounds what is kept of a header, in octets.
const maxHeader = 8 << 20

// identifying returns the identifying fields of a message.
func identifying(body io.Reader) ([]byte, error) {
	p := &pieces{r: bufio.NewReaderSize(body, 16<<10)}
	var fields []byte
	inField := false
	for begun := false; ; begun = true {
		piece, first, err := p.next()
		if errors.Is(err, io.EOF) || err == nil && first && len(bytes.TrimRight(piece, "\r\n")) == 0 {
			return fields, nil
		}
		if err != nil {
			return nil, err
		}
		if first && (!begun || piece[0] != ' ' && piece[0] != '\t') {
			name, _, _ := bytes.Cut(piece, []byte{':'})
			inField = slices.ContainsFunc(mailhaul.FingerprintFields, func(f string) bool {
				return strings.EqualFold(f, string(bytes.TrimSpace(name)))
			})
		}
		if inField {
			if fields = append(fields, piece...); len(fields) > maxHeader {
				return nil, fmt.Errorf("its identifying fields have more than %d octets", maxHeader)
			}
		}
	}
}
