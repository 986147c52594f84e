package imaptest

import (
	"bytes"
	"slices"
	"strings"
)

// sections returns what stands in the brackets of each BODY[...] or
// BODY.PEEK[...] of a FETCH command.
func sections(items string) []string {
	var list []string
	for {
		_, rest, ok := strings.Cut(items, "[")
		if !ok {
			return list
		}
		section, after, ok := strings.Cut(rest, "]")
		if !ok {
			return list
		}
		list = append(list, section)
		items = after
	}
}

// part returns a section of a message (RFC 9051, 6.4.5): all of it, HEADER,
// TEXT or HEADER.FIELDS. Of a section that it does not know it returns nothing.
func part(message []byte, section string) []byte {
	header, text := message, []byte(nil)
	if i := bytes.Index(message, []byte("\r\n\r\n")); i >= 0 {
		header, text = message[:i+4], message[i+4:]
	} else if bytes.HasPrefix(message, []byte("\r\n")) {
		header, text = message[:2], message[2:]
	}
	name, fields, _ := strings.Cut(strings.ToUpper(section), " ")
	switch name {
	case "":
		return message
	case "HEADER":
		return header
	case "TEXT":
		return text
	case "HEADER.FIELDS":
		return headerFields(header, strings.Fields(strings.NewReplacer("(", "", ")", "", `"`, "").Replace(fields)))
	}
	return nil
}

// headerFields returns the header fields with the names given (in capitals),
// and the empty line that ends them.
func headerFields(header []byte, names []string) []byte {
	var out []byte
	wanted := false
	for line := range bytes.SplitAfterSeq(header, []byte("\r\n")) {
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		if line[0] != ' ' && line[0] != '\t' { // else it goes on with the field before
			name, _, _ := bytes.Cut(line, []byte(":"))
			wanted = slices.Contains(names, strings.ToUpper(strings.TrimSpace(string(name))))
		}
		if wanted {
			out = append(out, line...)
		}
	}
	return append(out, "\r\n"...)
}
