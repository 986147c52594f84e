package imapaccount

import (
	"context"
	"strconv"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// identityItems are what Identities asks for. X-GM-MSGID is Gmail's: a number
// that a message has in all folders
// (developers.google.com/workspace/gmail/imap/imap-extensions).
const identityItems = "(UID RFC822.SIZE X-GM-MSGID)"

// Identities implements [mailhaul.Identifier]. Of a server without X-GM-EXT-1 it
// asks nothing.
func (a *Account) Identities(ctx context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	if !a.gmail.Load() {
		return nil
	}
	return a.fetch(ctx, work, identityItems, deliver)
}

// identityOf returns the number that stands at the beginning of rest, "" when
// none does that fits 64 bits.
func identityOf(rest []byte) string {
	end := 0
	for end < len(rest) && '0' <= rest[end] && rest[end] <= '9' {
		end++
	}
	if n, err := strconv.ParseUint(string(rest[:end]), 10, 64); err != nil || n == 0 {
		return ""
	}
	return string(rest[:end])
}

// identityBody returns what a message is known by as a body, nil when the answer
// does not tell all of it: such a message counts as not given.
func (f fetched) identityBody() *body {
	if f.uid == 0 || f.size < 0 || f.identity == "" {
		return nil
	}
	return &body{Reader: strings.NewReader(f.identity), size: int64(len(f.identity))}
}
