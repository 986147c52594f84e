package archive

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/mailhaul/mailhaul"
)

// reader reads one message after the other and delivers them.
type reader struct {
	files   *mailFiles
	deliver func(*mailhaul.Message) error
	old     *wireReader // whose buffers are used again
	text    []byte      // a message, or its header
}

// open opens an errand's message.
func (r *reader) open(ctx context.Context, e errand) (*wireReader, error) {
	w, err := r.files.open(ctx, e.place, e.m)
	if err != nil {
		return nil, damaged(err)
	}
	w.reuse(r.old)
	r.old = w
	return w, nil
}

// hand delivers a message as soon as the one before it is being delivered.
func (r *reader) hand(ctx context.Context, e errand, m *mailhaul.Message) error {
	select {
	case <-e.turn:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	close(e.next)
	return r.deliver(m)
}

// refuse delivers why there is no message. What ends the run is returned.
func (r *reader) refuse(ctx context.Context, e errand, err error) error {
	if mailhaul.ScopeOf(err) == mailhaul.ScopeRun {
		return err
	}
	return r.hand(ctx, e, &mailhaul.Message{Folder: e.folder, UID: e.m.UID, Err: err})
}

// whole delivers a message.
func (r *reader) whole(ctx context.Context, e errand) error {
	if e.err != nil {
		return r.refuse(ctx, e, e.err)
	}
	w, err := r.open(ctx, e)
	if err != nil {
		return r.refuse(ctx, e, messageError(e, err))
	}
	m := e.message()
	if m.Size > maxBuffered {
		m.Body, m.Digest = &body{src: w, left: m.Size, errand: e}, e.m.Digest
		return errors.Join(r.hand(ctx, e, m), w.Close())
	}
	r.text = grown(r.text, int(m.Size))
	_, err = io.ReadFull(w, r.text)
	if err == nil {
		err = w.drain() // it is not known to be whole before its end
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return r.refuse(ctx, e, messageError(e, err))
	}
	m.Body, m.Digest = bytes.NewReader(r.text), e.m.Digest
	return r.hand(ctx, e, m)
}

// header delivers a message's header.
func (r *reader) header(ctx context.Context, e errand) error {
	if e.err != nil {
		return r.refuse(ctx, e, e.err)
	}
	w, err := r.open(ctx, e)
	if err != nil {
		return r.refuse(ctx, e, messageError(e, err))
	}
	err = r.readHeader(w, min(e.m.Size, maxHeader))
	if err := errors.Join(err, w.Close()); err != nil {
		return r.refuse(ctx, e, messageError(e, err))
	}
	m := e.message()
	m.Body = bytes.NewReader(r.text)
	return r.hand(ctx, e, m)
}

// readHeader reads a message up to its first empty line, or limit octets.
func (r *reader) readHeader(w *wireReader, limit int64) error {
	r.text = grown(r.text, int(limit))[:0]
	for int64(len(r.text)) < limit {
		begin := len(r.text)
		n, err := w.Read(r.text[begin:limit])
		r.text = r.text[:begin+n]
		if end := headerEnd(r.text, begin); end > 0 {
			r.text = r.text[:end]
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}

// headerEnd returns where the first empty line ends that does so behind begin,
// 0 when there is none.
func headerEnd(text []byte, begin int) int {
	for i := begin; i < len(text); i++ {
		n := bytes.IndexByte(text[i:], '\n')
		if n < 0 {
			break
		}
		i += n
		line := bytes.TrimSuffix(text[:i], []byte("\r"))
		if len(line) == 0 || line[len(line)-1] == '\n' {
			return i + 1
		}
	}
	return 0
}

// body is the body of a message that is delivered while it is read. The last
// octet is given only after all of them have been checked: also a target that
// reads just the announced size must not take a damaged message for a whole one.
type body struct {
	src    *wireReader
	left   int64
	errand errand
	err    error
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if b.left > 1 {
		n, err := b.src.Read(p[:min(int64(len(p)), b.left-1)])
		b.left -= int64(n)
		if err != nil {
			b.err = messageError(b.errand, err)
		}
		return n, b.err
	}
	var last [1]byte
	_, err := io.ReadFull(b.src, last[:])
	if err == nil {
		err = b.src.drain()
	}
	if err != nil {
		b.err = messageError(b.errand, err)
		return 0, b.err
	}
	b.err = io.EOF
	return copy(p, last[:]), nil
}
