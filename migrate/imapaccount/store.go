package imapaccount

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/mailhaul/mailhaul"
)

const (
	// maxGathered is up to what size, in octets, a message is held in memory
	// and sent in a batch with others. A larger one is streamed.
	maxGathered = 512 << 10
	// maxHeader is how much of a message is looked at for its fingerprint.
	maxHeader = 256 << 10
)

// Store implements mailhaul.Target. An error of the body is returned as it is,
// and nothing of the message remains.
func (t *Target) Store(ctx context.Context, m *mailhaul.Message) error {
	l, err := t.laneOf(m)
	if err != nil {
		return err
	}
	if limit := t.limits.Message; limit >= 0 && m.Size > limit {
		return storeError(m, fmt.Errorf("its %d octets are more than the %d that the server takes (APPENDLIMIT)", m.Size, limit))
	}
	o := &outgoing{receipt: mailhaul.Receipt{Folder: m.Folder, UID: m.UID, Flags: m.Flags, InternalDate: m.InternalDate, Size: m.Size, Stored: m.Size}}
	o.receipt.Doubt = unusual(m.InternalDate, t.config.Now())
	if m.Size > maxGathered {
		return t.storeStream(ctx, l, o, m)
	}
	if err := t.reserve(ctx, m.Size); err != nil {
		return err
	}
	if err := o.gather(m); err != nil {
		t.mu.Lock()
		t.held -= m.Size
		t.changed.Broadcast()
		t.mu.Unlock()
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	l.put(t, o)
	return nil
}

func (t *Target) laneOf(m *mailhaul.Message) (*lane, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return nil, t.err
	}
	var l *lane
	if m.Folder.At != nil {
		l = t.lanes[m.Folder.At.Raw]
	}
	if l == nil {
		return nil, fmt.Errorf("store message: folder %q was not prepared", m.Folder.Name)
	}
	if l.err != nil {
		return nil, l.err
	}
	if m.Size < 0 {
		return nil, fmt.Errorf("store message: its size is %d octets", m.Size)
	}
	return l, nil
}

func storeError(m *mailhaul.Message, err error) error {
	return &mailhaul.Error{Scope: mailhaul.ScopeMessage, Op: "store message", Folder: m.Folder.Name, UID: m.UID, Err: err}
}

// reserve waits until there is room for a message in memory.
func (t *Target) reserve(ctx context.Context, size int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held+size > maxHeld {
		stop := context.AfterFunc(ctx, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.changed.Broadcast()
		})
		defer stop()
	}
	for t.err == nil && ctx.Err() == nil && t.held > 0 && t.held+size > maxHeld {
		t.changed.Wait()
	}
	if t.err != nil {
		return t.err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	t.held += size
	return nil
}

// gather reads a whole message into memory.
func (o *outgoing) gather(m *mailhaul.Message) error {
	octets := make([]byte, m.Size)
	if n, err := io.ReadFull(m.Body, octets); err != nil {
		return mailhaul.ShortBody(int64(n), m.Size, err)
	}
	if err := mailhaul.ExpectEnd(m.Body, m.Size); err != nil {
		return err
	}
	o.octets = octets
	if o.receipt.Digest = m.Digest; m.Digest == (mailhaul.Digest{}) {
		o.receipt.Digest = sha256.Sum256(octets)
	}
	o.receipt.Fingerprint = mailhaul.MakeFingerprint(octets[:min(len(octets), maxHeader)])
	o.receipt.Doubt = o.receipt.Doubt || doubtful(octets)
	return nil
}

// doubtful tells of octets that some servers alter: NUL, CR or LF alone, 8-bit
// octets in the header, no line end at the end (Courier 5 adds one), more parts
// within parts than a server follows (Courier 5 leaves out what lies below 150).
func doubtful(octets []byte) bool {
	var t texture
	t.add(octets)
	return t.odd() || doubtfulHead(octets)
}

// doubtfulHead is what of doubtful the beginning of a message shows.
func doubtfulHead(octets []byte) bool {
	if bytes.Count(octets, []byte("boundary=")) > 100 {
		return true
	}
	header, _, _ := bytes.Cut(octets, []byte("\r\n\r\n"))
	for _, c := range header {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

// texture is what a message's octets, seen piece by piece, are made of.
type texture struct {
	lines, returns int
	bare           bool // NUL, or LF without CR
	last           byte
}

func (t *texture) add(p []byte) {
	if len(p) == 0 {
		return
	}
	t.bare = t.bare || bytes.IndexByte(p, 0) >= 0
	before := t.last
	for rest := p; !t.bare; t.lines++ {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			break
		}
		if i > 0 {
			before = rest[i-1]
		}
		t.bare = before != '\r'
		before, rest = '\n', rest[i+1:]
	}
	t.returns += bytes.Count(p, []byte{'\r'})
	t.last = p[len(p)-1]
}

// odd tells of NUL, CR or LF alone, and of no line end at the end.
func (t *texture) odd() bool { return t.bare || t.returns != t.lines || t.last != '\n' }

// unusual tells of dates that some servers do not keep: of before 1970, and of
// the future.
func unusual(date, now time.Time) bool {
	return !date.IsZero() && (date.Unix() <= 0 || date.After(now))
}

// stream is a message that goes from source to account without being held.
type stream struct {
	ctx  context.Context
	body io.Reader
	sum  hash.Hash // nil when the digest is known
	texture
	begun  bool       // octets of it were sent: there is no second try
	failed error      // of the body
	done   chan error // its result, once
}

// storeStream hands a large message to a connection and waits until it has been
// read: its body is valid no longer.
func (t *Target) storeStream(ctx context.Context, l *lane, o *outgoing, m *mailhaul.Message) error {
	header := make([]byte, min(m.Size, maxHeader))
	if n, err := io.ReadFull(m.Body, header); err != nil {
		return mailhaul.ShortBody(int64(n), m.Size, err)
	}
	o.receipt.Fingerprint = mailhaul.MakeFingerprint(header)
	o.receipt.Doubt = o.receipt.Doubt || doubtfulHead(header)
	o.stream = &stream{ctx: ctx, body: io.MultiReader(bytes.NewReader(header), m.Body), done: make(chan error, 1)}
	if o.receipt.Digest = m.Digest; m.Digest == (mailhaul.Digest{}) {
		o.stream.sum = sha256.New()
	}
	t.mu.Lock()
	if t.err != nil {
		defer t.mu.Unlock()
		return t.err
	}
	l.closeOpen()
	l.waiting = append(l.waiting, &batch{messages: []*outgoing{o}})
	t.serve(l)
	t.mu.Unlock()
	return <-o.stream.done
}

// end gives the stream's result, the first that is given.
func (s *stream) end(err error) {
	select {
	case s.done <- err:
	default:
	}
}

// Read reads the body and remembers its error.
func (s *stream) Read(p []byte) (int, error) {
	s.begun = true
	if err := s.ctx.Err(); err != nil {
		s.failed = err
		return 0, err
	}
	n, err := s.body.Read(p)
	if s.sum != nil {
		s.sum.Write(p[:n]) //nolint:errcheck // a hash takes all
	}
	s.texture.add(p[:n])
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}
