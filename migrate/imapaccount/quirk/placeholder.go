package quirk

import "bytes"

// MaxPlaceholder is the most octets that a placeholder has.
const MaxPlaceholder = 16 << 10

// HasPlaceholders tells whether a server of this kind gives any.
func (s Server) HasPlaceholders() bool { return s.placeholder != nil }

// Placeholder tells whether a message that a server of this kind gave is not the
// message but a text of the server's own in its place. Exchange gives one for
// items that are no mail (calendar, contacts, tasks), and for mail whose
// attachments are still being checked.
func (s Server) Placeholder(message []byte) bool {
	if s.placeholder == nil || len(message) > MaxPlaceholder {
		return false
	}
	header, text, found := bytes.Cut(bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	if !found {
		return false
	}
	header = bytes.ReplaceAll(bytes.ReplaceAll(header, []byte("\n "), []byte(" ")), []byte("\n\t"), []byte(" ")) // RFC 5322, 2.2.3
	return s.placeholder(header, text)
}

// exchangePlaceholder knows the text by sender, subject and first line, which are
// not translated. A message that quotes it has another sender.
func exchangePlaceholder(header, text []byte) bool {
	from, subject := false, false
	for line := range bytes.SplitSeq(header, []byte("\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.Trim(bytes.TrimSpace(value), `"`)
		switch {
		case bytes.EqualFold(name, []byte("From")):
			from = bytes.HasPrefix(value, []byte("Microsoft Exchange Server"))
		case bytes.EqualFold(name, []byte("Subject")):
			subject = bytes.HasPrefix(value, []byte("Retrieval using the IMAP4 protocol failed for the following message"))
		}
	}
	return from && subject && bytes.HasPrefix(bytes.TrimSpace(text), []byte("The server couldn't retrieve the following message"))
}
