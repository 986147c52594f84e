package app

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/header"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// The columns of a message list, in terminal cells. They are fixed: a list of a
// million messages is written as it is read.
const (
	uidCells     = 10
	dateCells    = 22
	fromCells    = 30
	subjectCells = 50
)

// messageObject is a message as a line of JSON.
type messageObject struct {
	UID         mailhaul.UID `json:"uid"`
	UIDValidity uint32       `json:"uidvalidity"`
	Date        string       `json:"date,omitempty"` // INTERNALDATE, RFC 3339
	From        string       `json:"from"`
	Subject     string       `json:"subject"`
	Flags       []string     `json:"flags"`
	Labels      []string     `json:"labels,omitempty"` // Gmail's, as they are now
	Octets      int64        `json:"octets"`
	Gone        bool         `json:"gone,omitempty"`
	Problem     string       `json:"problem,omitempty"`
}

// listMessages lists the messages of a folder. One that cannot be read is
// listed with what is known of it, and makes the list end with its damage.
func listMessages(ctx context.Context, u *ui.UI, a *archive.Archive, from catalogue, o lsOptions) error {
	f, err := findFolder(ctx, from, o.folder)
	if err != nil {
		return err
	}
	if !u.JSON() {
		u.Print(messageLine("UID", "DATE", "FROM", "SUBJECT", "FLAGS"))
	}
	var damage error
	for m, err := range from.Messages(ctx, f.ID) {
		if err != nil {
			return err
		}
		if m.GoneRun != 0 && !o.all {
			continue
		}
		h, err := messageHeader(ctx, a, f, m)
		if err != nil {
			if !errors.Is(err, mailhaul.ErrDamaged) {
				return err
			}
			damage = err
		}
		var labels mailhaul.Labels
		if u.JSON() && !o.asOf.given() {
			var labelErr error
			if labels, labelErr = a.Ledger().Labels(ctx, m); labelErr != nil {
				return labelErr
			}
		}
		listMessage(u, m, h, labels, err)
		if err := errors.Join(context.Cause(ctx), u.Err()); err != nil {
			return err
		}
	}
	return damage
}

func messageHeader(ctx context.Context, a *archive.Archive, f checkpoint.Folder, m checkpoint.Message) (header.Header, error) {
	r, err := a.Message(ctx, f, m)
	if err != nil {
		return header.Header{}, err
	}
	defer r.Close()
	return header.Read(r)
}

// messageObjectOf is a message as a line of JSON.
func messageObjectOf(m checkpoint.Message, h header.Header, problem error) messageObject {
	object := messageObject{
		UID: m.UID, UIDValidity: m.UIDValidity, From: ui.Text(h.From), Subject: ui.Text(h.Subject),
		Flags: m.Flags.List(), Octets: m.Size, Gone: m.GoneRun != 0,
	}
	if !m.InternalDate.IsZero() {
		object.Date = m.InternalDate.Format(time.RFC3339)
	}
	if problem != nil {
		object.Problem = ui.Text(problem.Error())
	}
	return object
}

// unreadable stands for the subject of a message that is damaged.
const unreadable = "(cannot be read)"

// arrival is the date of a message in a list.
func arrival(m checkpoint.Message) string {
	if m.InternalDate.IsZero() {
		return "-"
	}
	return m.InternalDate.Format("2006-01-02 15:04 -0700")
}

// listMessage writes one message of a list.
func listMessage(u *ui.UI, m checkpoint.Message, h header.Header, labels mailhaul.Labels, problem error) {
	if u.JSON() {
		object := messageObjectOf(m, h, problem)
		for _, l := range labels.List() {
			object.Labels = append(object.Labels, ui.Text(l))
		}
		u.Object(object)
		return
	}
	flags := m.Flags.List()
	if m.GoneRun != 0 {
		flags = append(flags, "(gone)")
	}
	subject := h.Subject
	if problem != nil {
		subject = unreadable
	}
	u.Print(messageLine(strconv.FormatUint(uint64(m.UID), 10), arrival(m), h.From, subject, strings.Join(flags, " ")))
}

func messageLine(uid, date, from, subject, flags string) string {
	line := messageColumns(uid, date, from, subject) + ui.Escape(flags)
	return strings.TrimRight(line, " ") + "\n"
}

// messageColumns are those that lists of messages have in common.
func messageColumns(uid, date, from, subject string) string {
	column := func(text string, cells int) string {
		return ui.PadRight(ui.Fit(ui.Escape(text), cells), cells) + "  "
	}
	return ui.PadLeft(uid, uidCells) + "  " + column(date, dateCells) + column(from, fromCells) + column(subject, subjectCells)
}
