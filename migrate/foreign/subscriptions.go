package foreign

import (
	"io"
	"os"
	"strings"
)

// subscriptions are the names of subscribed folders; nil when there is no list.
type subscriptions map[string]bool

// maxSubscriptions bounds how much of a list is read, in octets.
const maxSubscriptions = 4 << 20

// readSubscriptions reads the lists of Dovecot, Courier and UW-IMAP at the top
// of a tree.
func readSubscriptions(root *os.Root) subscriptions {
	var list subscriptions
	for _, file := range []string{"subscriptions", ".subscriptions", "courierimapsubscribed", ".mailboxlist"} {
		f, err := openRegular(root, file)
		if err != nil {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(f, maxSubscriptions))
		f.Close()
		if err != nil {
			continue
		}
		if list == nil {
			list = subscriptions{}
		}
		list.add(string(text))
	}
	return list
}

// add takes a list, one folder a line. The delimiter is that of the server: "."
// or "/", or a TAB in version 2 of Dovecot's list.
func (s subscriptions) add(text string) {
	text, isV2 := strings.CutPrefix(text, "V\t2\n")
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		if isV2 {
			line = strings.ReplaceAll(line, "\t", "/")
		}
		name := decodeName(line)
		for _, n := range []string{name, strings.ReplaceAll(name, ".", "/")} {
			s[n] = true
			if below, prefixed := strings.CutPrefix(n, "INBOX/"); prefixed { // Courier's namespace
				s[below] = true
			}
		}
	}
}

func (s subscriptions) has(name string) bool {
	return s == nil || name == "INBOX" || s[name]
}
