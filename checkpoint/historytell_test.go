package checkpoint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// past is what a ledger and one of its earlier states have in common.
type past interface {
	folders(b *bench) []checkpoint.Folder
	messages(b *bench, id int64) []checkpoint.Message
}

type asOf struct{ *checkpoint.AsOf }

func (a asOf) folders(b *bench) []checkpoint.Folder {
	b.t.Helper()
	folders, err := a.Folders(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	return folders
}

func (a asOf) messages(b *bench, id int64) (ms []checkpoint.Message) {
	b.t.Helper()
	for m, err := range a.Messages(b.ctx, id) {
		if err != nil {
			b.t.Fatal(err)
		}
		ms = append(ms, m)
	}
	return ms
}

type present struct{}

func (present) folders(b *bench) []checkpoint.Folder {
	b.t.Helper()
	folders, err := b.Folders(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	return folders
}

func (present) messages(b *bench, id int64) []checkpoint.Message { return b.messages(id) }

// tell writes down what there is: "INBOX/7 +\Subscribed: 1 a, 2, -3" are the
// UIDs, with flags, of a folder of UIDVALIDITY 7; gone folders and messages have
// a minus. Sums and digests are checked on the way.
func (b *bench) tell(p past) string {
	b.t.Helper()
	var folders []string
	for _, f := range p.folders(b) {
		var live, octets, gone int64
		var messages []string
		last := [2]uint64{}
		for _, m := range p.messages(b, f.ID) {
			key := [2]uint64{uint64(m.UIDValidity), uint64(m.UID)}
			if slices.Compare(key[:], last[:]) <= 0 {
				b.t.Errorf("folder %s: %v behind %v", f.Name, key, last)
			}
			last = key
			text := fmt.Sprint(m.UID)
			if m.UIDValidity != f.UIDValidity {
				text = fmt.Sprintf("%d/%d", m.UIDValidity, m.UID)
			}
			if m.GoneRun != 0 {
				gone++
				text = "-" + text
			} else {
				live, octets = live+1, octets+m.Size
			}
			if m.Flags != `\Seen` {
				text += " " + string(m.Flags)
			}
			messages = append(messages, text)
		}
		if f.Live != live || f.Gone != gone || f.LiveOctets != octets {
			b.t.Errorf("folder %s sums up to %d, %d gone, %d octets; has %d, %d, %d", f.Name, f.Live, f.Gone, f.LiveOctets, live, gone, octets)
		}
		text := fmt.Sprintf("%s/%d", f.Name, f.UIDValidity)
		if f.GoneRun != 0 {
			text = "-" + text
		}
		if f.Subscribed {
			text += "!"
		}
		folders = append(folders, text+f.SpecialUse+": "+strings.Join(messages, ", "))
	}
	return strings.Join(folders, "; ")
}

// do fails the test on an error.
func (b *bench) do(errs ...error) {
	b.t.Helper()
	if err := errors.Join(errs...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) flag(f *mailhaul.Folder, flags string, uids ...mailhaul.UID) {
	b.t.Helper()
	var now []mailhaul.UIDFlags
	for _, u := range uids {
		now = append(now, mailhaul.UIDFlags{UID: u, Flags: mailhaul.MakeFlags(strings.Fields(flags)...)})
	}
	_, err := b.SetFlags(b.ctx, b.run, f, now)
	b.do(err)
}

func (b *bench) gone(f *mailhaul.Folder, uids ...mailhaul.UID) {
	b.t.Helper()
	_, err := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(uids...))
	b.do(err)
}

func (b *bench) revive(f *mailhaul.Folder, uids ...mailhaul.UID) {
	b.t.Helper()
	_, err := b.Revive(b.ctx, b.run, f, mailhaul.UIDSetOf(uids...))
	b.do(err)
}

// wantSame checks that all that is read of a moment is the same: UIDs, single
// messages and where messages are now are those of Messages.
func (b *bench) wantSame(a *checkpoint.AsOf) {
	b.t.Helper()
	for _, f := range (asOf{a}).folders(b) {
		byUID := map[mailhaul.UID]checkpoint.Message{}
		sets := map[uint32]*[2]mailhaul.UIDSet{}
		for _, m := range (asOf{a}).messages(b, f.ID) {
			if old, twice := byUID[m.UID]; !twice || old.UIDValidity != f.UIDValidity {
				byUID[m.UID] = m
			}
			if sets[m.UIDValidity] == nil {
				sets[m.UIDValidity] = new([2]mailhaul.UIDSet)
			}
			i := 0
			if m.GoneRun != 0 {
				i = 1
			}
			sets[m.UIDValidity][i].Add(m.UID)
		}
		for u, want := range byUID {
			got, err := a.Message(b.ctx, f.ID, u)
			got.InternalDate = want.InternalDate // whose zone is a pointer
			if err != nil || got != want {
				b.t.Errorf("folder %s, UID %d: %+v, %v; want %+v", f.Name, u, got, err, want)
			}
		}
		if _, err := a.Message(b.ctx, f.ID, 999); !errors.Is(err, fs.ErrNotExist) {
			b.t.Errorf("UID that never was: %v", err)
		}
		for v, want := range sets {
			live, gone, err := a.UIDs(b.ctx, f.ID, v)
			if err != nil || live.String() != want[0].String() || gone.String() != want[1].String() {
				b.t.Errorf("folder %s, UIDVALIDITY %d: live %q, gone %q, %v; want %q, %q", f.Name, v, live, gone, err, want[0], want[1])
			}
		}
		for m, err := range a.Moves(b.ctx, f.ID) {
			b.do(err)
			then, now := byUID[m.OldUID], b.at(f.ID, m.UIDValidity, m.UID)
			if then.UIDValidity != m.OldUIDValidity || now.Digest != then.Digest {
				b.t.Errorf("%+v is another message", m)
			}
		}
	}
}

// at returns the row of a key.
func (b *bench) at(id int64, validity uint32, uid mailhaul.UID) checkpoint.Message {
	for _, m := range b.messages(id) {
		if m.UIDValidity == validity && m.UID == uid {
			return m
		}
	}
	return checkpoint.Message{}
}
