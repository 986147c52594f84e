package foreign

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// What the tests of UIDs and names need: real hashes meet too seldom.
var (
	Identify   = identify
	DecodeName = decodeName
)

// ReadMbox gives the messages of an mbox that is in memory, and fails where the
// reading of one does not agree with the look at it.
func ReadMbox(file []byte, dialect Dialect) (messages [][]byte, err error) {
	x := newIndexer(bytes.NewReader(file), int64(len(file)), dialect)
	if err := x.run(context.Background()); err != nil {
		return nil, err
	}
	t := newMboxTable(&mboxBox{}, x, nil)
	o := &openMbox{t: t, r: newMboxReader(bytes.NewReader(file))}
	last := int64(0)
	for i, e := range t.entries {
		if e.begin < last || e.end < e.begin || e.end > int64(len(file)) {
			return nil, fmt.Errorf("message %d at %d to %d, after %d", i, e.begin, e.end, last)
		}
		last = e.end
		body, size, err := o.body(i)
		if err != nil {
			return nil, fmt.Errorf("message %d: %w", i, err)
		}
		octets, err := io.ReadAll(body)
		if err != nil || int64(len(octets)) != size {
			return nil, fmt.Errorf("message %d: %d of %d octets: %w", i, len(octets), size, err)
		}
		messages = append(messages, octets)
	}
	return messages, nil
}
