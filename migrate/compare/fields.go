package compare

import (
	"bytes"
	"strings"
)

// fieldLimit is how many octets of a field's value are kept.
const fieldLimit = 500

// fields are the header fields that a person finds a message by.
type fields struct{ From, Date, Subject, MessageID string }

// readFields takes the first field of each name.
func readFields(header []byte) (f fields) {
	for len(header) > 0 {
		end := fieldEnd(header)
		name, value, isField := bytes.Cut(header[:end], []byte(":"))
		header = header[end:]
		if !isField {
			continue
		}
		var at *string
		switch strings.ToLower(string(bytes.TrimSpace(name[:min(len(name), 20)]))) {
		case "from":
			at = &f.From
		case "date":
			at = &f.Date
		case "subject":
			at = &f.Subject
		case "message-id":
			at = &f.MessageID
		default:
			continue
		}
		if *at == "" {
			value = bytes.Join(bytes.Fields(value[:min(len(value), 2*fieldLimit)]), []byte(" "))
			*at = string(value[:min(len(value), fieldLimit)])
		}
	}
	return f
}

// fieldEnd returns where the first field with its folded lines ends.
func fieldEnd(header []byte) int {
	end := 0
	for {
		i := bytes.IndexByte(header[end:], '\n')
		if i < 0 {
			return len(header)
		}
		end += i + 1
		if end == len(header) || header[end] != ' ' && header[end] != '\t' {
			return end
		}
	}
}
