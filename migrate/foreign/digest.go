package foreign

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// digest makes the key of an mbox message of what no mail program rewrites: the
// octets that are the message's own, without CR and without the line ends at the
// end.
type digest struct {
	sum   hash.Hash
	text  []byte // not yet in sum
	lines int    // line ends that belong to the message only if more follows
}

const digestBuffer = 32 << 10

func newDigest() *digest {
	return &digest{sum: sha256.New(), text: make([]byte, 0, 2*digestBuffer)}
}

func (d *digest) reset() {
	d.sum.Reset()
	d.text, d.lines = d.text[:0], 0
}

// write takes a part of the message.
func (d *digest) write(b []byte) {
	for len(b) > 0 {
		line, rest, ended := bytes.Cut(b, []byte{'\n'})
		d.words(line)
		if ended {
			d.lines++
		}
		b = rest
	}
}

// words takes a part of a line.
func (d *digest) words(line []byte) {
	for len(line) > 0 {
		text, rest, _ := bytes.Cut(line, []byte{'\r'})
		line = rest
		if len(text) == 0 {
			continue
		}
		for ; d.lines > 0; d.lines-- {
			d.add([]byte{'\n'})
		}
		d.add(text)
	}
}

func (d *digest) add(b []byte) {
	d.text = append(d.text, b...)
	if len(d.text) >= digestBuffer {
		d.sum.Write(d.text)
		d.text = d.text[:0]
	}
}

func (d *digest) key() uint64 {
	d.sum.Write(d.text)
	d.text = d.text[:0]
	var buf [sha256.Size]byte
	return binary.BigEndian.Uint64(d.sum.Sum(buf[:0]))
}
