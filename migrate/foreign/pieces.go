package foreign

import (
	"bufio"
	"errors"
	"io"
)

// pieceSize is how much of a line is looked at at once, in octets. Where a
// longer line is cut does not depend on where it lies in the file.
const pieceSize = 256 << 10

// pieces reads lines in pieces of at most pieceSize octets.
type pieces struct {
	r      *bufio.Reader
	off    int64 // of the next piece, from where reading began
	inLine bool  // the next piece does not begin a line
}

func newPieces(r io.Reader) *pieces {
	return &pieces{r: bufio.NewReaderSize(r, pieceSize)}
}

func (p *pieces) reset(r io.Reader) {
	p.r.Reset(r)
	p.off, p.inLine = 0, false
}

// next returns a piece, valid until the next call, and whether it begins a line;
// io.EOF at the end.
func (p *pieces) next() (piece []byte, first bool, err error) {
	piece, err = p.r.ReadSlice('\n')
	first = !p.inLine
	switch {
	case err == nil:
		p.inLine = false
	case errors.Is(err, bufio.ErrBufferFull), errors.Is(err, io.EOF) && len(piece) > 0:
		p.inLine = true
	default:
		return nil, first, err
	}
	p.off += int64(len(piece))
	return piece, first, nil
}

// following returns what comes after the last piece, at most n octets of it. It
// makes the piece invalid.
func (p *pieces) following(n int) []byte {
	b, _ := p.r.Peek(n) // an error comes again with the next piece
	return b
}
