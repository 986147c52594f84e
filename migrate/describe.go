package migrate

import (
	"context"
	"io"
	"net/mail"
	"strings"
	"sync"

	"github.com/mailhaul/mailhaul"
)

// maxDescribed is how many messages are described: nobody reads more.
const maxDescribed = 1000

// describe fills in date and subject of the messages that failed or were
// altered, as far as the source can tell them.
func (b *haul) describe(ctx context.Context) error {
	byName := map[string]*mailhaul.Folder{}
	for _, f := range b.folders {
		byName[f.Name] = f.Folder
	}
	type key struct {
		folder string
		uid    mailhaul.UID
	}
	wanted := map[key][]*Failure{}
	uids := map[*mailhaul.Folder][]mailhaul.UID{}
	for _, list := range [][]Failure{b.summary.Failures, b.summary.Altered} {
		for i := range list {
			f := &list[i]
			if folder := byName[f.Folder]; folder != nil && f.UID != 0 && len(wanted) < maxDescribed {
				k := key{f.Folder, f.UID}
				wanted[k] = append(wanted[k], f)
				uids[folder] = append(uids[folder], f.UID)
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	var work []mailhaul.Work
	for folder, list := range uids {
		work = append(work, mailhaul.Work{Folder: folder, UIDs: mailhaul.UIDSetOf(list...)})
	}
	var mu sync.Mutex
	err := b.src.Headers(ctx, work, func(m *mailhaul.Message) error {
		if m.Err != nil {
			return nil // it cannot be read: that is why it is here
		}
		header, err := io.ReadAll(m.Body)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for _, f := range wanted[key{m.Folder.Name, m.UID}] {
			f.Date, f.Subject = m.InternalDate, fieldOf(header, "Subject")
			if date, err := mail.ParseDate(fieldOf(header, "Date")); err == nil {
				f.Date = date
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		return nil // the work is done; only its description is not
	}
	return err
}

// fieldOf returns the first field of a name, unfolded.
func fieldOf(header []byte, name string) string {
	var value string
	found := false
	for line := range strings.Lines(string(header)) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case found && line != "" && (line[0] == ' ' || line[0] == '\t'):
			value += " " + strings.TrimSpace(line)
		case found || line == "":
			return value
		case len(line) > len(name) && line[len(name)] == ':' && strings.EqualFold(line[:len(name)], name):
			value, found = strings.TrimSpace(line[len(name)+1:]), true
		}
	}
	return value
}
