package imapaccount

import (
	"context"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// labelItems is what Labels asks for: Gmail's labels of a message, but for the one
// that the open folder stands for
// (developers.google.com/workspace/gmail/imap/imap-extensions).
const labelItems = "(UID X-GM-LABELS)"

// mostLabels bounds the labels of one message; Gmail has 10,000 an account at most.
const mostLabels = 20_000

// HasLabels implements [mailhaul.Labeller]: the server announces X-GM-EXT-1.
func (a *Account) HasLabels() bool { return a.gmail.Load() }

// Labels implements [mailhaul.Labeller].
func (a *Account) Labels(ctx context.Context, work []mailhaul.Work, deliver func(*mailhaul.Message) error) error {
	return a.fetch(ctx, work, labelItems, deliver)
}

// labels takes a list of labels. They are spelled as names of folders are; those of
// the system begin with a backslash.
func (r *response) labels() (mailhaul.Labels, error) {
	if err := r.expect('('); err != nil {
		return "", err
	}
	var list []string
	for r.blanks(); !r.eat(')'); r.blanks() {
		name, null, err := r.text()
		if err != nil {
			return "", err
		}
		if null {
			name = "NIL" // it is called so
		}
		if list = append(list, decodeName(name, false)); len(list) > mostLabels {
			return "", r.syntax("fewer labels")
		}
	}
	return mailhaul.MakeLabels(list...), nil
}

// labelBody returns the labels as a body, nil when the answer does not tell them.
func (f fetched) labelBody() *body {
	if f.uid == 0 || !f.hasLabels {
		return nil
	}
	return &body{Reader: strings.NewReader(string(f.labels)), size: int64(len(f.labels))}
}
