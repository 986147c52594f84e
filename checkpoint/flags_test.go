package checkpoint_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

func TestSetFlags(t *testing.T) {
	const seen, flagged = mailhaul.Flags(`\Seen`), mailhaul.Flags(`\Flagged`)
	change := func(u mailhaul.UID, now mailhaul.Flags) mailhaul.FlagChange {
		return mailhaul.FlagChange{UID: u, Place: receipt(&mailhaul.Folder{}, u).Place, Old: seen, New: now}
	}
	e := func(u mailhaul.UID, f mailhaul.Flags) mailhaul.UIDFlags { return mailhaul.UIDFlags{UID: u, Flags: f} }
	tests := []struct {
		name string
		now  []mailhaul.UIDFlags
		want []mailhaul.FlagChange
	}{
		{"none", nil, nil},
		{"same", []mailhaul.UIDFlags{e(1, seen), e(2, seen)}, nil},
		{"one", []mailhaul.UIDFlags{e(3, flagged)}, []mailhaul.FlagChange{change(3, flagged)}},
		{"all flags taken", []mailhaul.UIDFlags{e(4, "")}, []mailhaul.FlagChange{change(4, "")}},
		{"some of many, some unknown", []mailhaul.UIDFlags{e(1, "a b"), e(2, seen), e(7, flagged), e(30, flagged), e(4_294_967_295, seen)},
			[]mailhaul.FlagChange{change(1, "a b"), change(30, flagged)}},
		{"unknown only", []mailhaul.UIDFlags{e(7, seen), e(8, flagged)}, nil},
		{"not in order, said twice", []mailhaul.UIDFlags{e(3, flagged), e(1, "a"), e(3, seen), e(2, "b"), e(1, "c")},
			[]mailhaul.FlagChange{change(1, "c"), change(2, "b")}},
		{"gone", []mailhaul.UIDFlags{e(5, flagged)}, []mailhaul.FlagChange{change(5, flagged)}},
	}
	for _, rows := range []struct {
		name string
		more mailhaul.UID // messages of higher UIDs: many make look-ups cheaper than reading all
	}{{"by merging", 0}, {"by look-ups", 500}} {
		for _, tt := range tests {
			t.Run(rows.name+"/"+tt.name, func(t *testing.T) {
				b := open(t)
				f := b.folder("INBOX")
				uids := []mailhaul.UID{1, 2, 3, 4, 5, 30}
				for u := range rows.more {
					uids = append(uids, 1000+u)
				}
				b.record(f, uids...)
				if _, err := b.MarkGone(b.ctx, b.run, f, mailhaul.UIDSetOf(5)); err != nil {
					t.Fatal(err)
				}
				before := b.messages(f.ID)
				b.nextRun()
				b.wantSilent(func() error { // what it would do, first
					got, err := b.FlagChanges(b.ctx, f, tt.now)
					if !slices.Equal(got, tt.want) {
						t.Errorf("would change %+v\nwant %+v", got, tt.want)
					}
					return err
				})
				set := func() error {
					got, err := b.SetFlags(b.ctx, b.run, f, tt.now)
					if !slices.Equal(got, tt.want) {
						t.Errorf("changes %+v\nwant %+v", got, tt.want)
					}
					return err
				}
				if len(tt.want) == 0 {
					b.wantSilent(set)
				} else if err := set(); err != nil {
					t.Fatal(err)
				}
				for i, m := range b.messages(f.ID) { // flags changed where said, and nothing else
					want := before[i]
					for _, c := range tt.want {
						if c.UID == m.UID {
							want.Flags = c.New
						}
					}
					m.InternalDate = want.InternalDate
					if m != want {
						t.Errorf("got %+v, want %+v", m, want)
					}
				}
				if n := query[int](t, b.sql(), `SELECT count(*) FROM message_past p JOIN flagset s ON s.id = p.flags
					WHERE s.flags = '\Seen' AND p.run = ?`, b.run); n != len(tt.want) {
					t.Errorf("%d flags of before are kept, want %d", n, len(tt.want))
				}
			})
		}
	}
}

// Only the state before a run is its past, however often the run sets flags.
func TestSetFlagsTwiceInARun(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.record(f, 1)
	b.nextRun()
	for _, flags := range []mailhaul.Flags{"a", "b"} {
		if _, err := b.SetFlags(b.ctx, b.run, f, []mailhaul.UIDFlags{{UID: 1, Flags: flags}}); err != nil {
			t.Fatal(err)
		}
	}
	got := query[string](t, b.sql(), `SELECT group_concat(s.flags) FROM message_past p JOIN flagset s ON s.id = p.flags`)
	if got != `\Seen` {
		t.Errorf("past %q, want %q", got, `\Seen`)
	}
}

func TestSetFlagsUnknownFolder(t *testing.T) {
	b := open(t)
	_, err := b.SetFlags(b.ctx, b.run, &mailhaul.Folder{ID: 99}, []mailhaul.UIDFlags{{UID: 1}})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	_, err = b.FlagChanges(b.ctx, &mailhaul.Folder{ID: 99}, []mailhaul.UIDFlags{{UID: 1}})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// A dry run compares flags with a ledger that is open for reading only.
func TestFlagChangesOfAReader(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	b.record(f, 1, 2)
	r, err := checkpoint.OpenReadOnly(b.ctx, b.path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	changes, err := r.FlagChanges(b.ctx, f, []mailhaul.UIDFlags{{UID: 1, Flags: `\Seen`}, {UID: 2, Flags: "x"}})
	if err != nil || len(changes) != 1 || changes[0].UID != 2 || changes[0].Place != "2.mail" {
		t.Errorf("%+v, %v", changes, err)
	}
	ctx, cancel := context.WithCancel(b.ctx)
	cancel()
	if _, err := r.FlagChanges(ctx, f, []mailhaul.UIDFlags{{UID: 1}}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// Many messages get the same flags by few statements; those between them that
// are not said, or get others, keep theirs.
func TestSetFlagsOfManyAlike(t *testing.T) {
	b := open(t)
	f := b.folder("INBOX")
	const n = 10_000
	var uids []mailhaul.UID
	var now []mailhaul.UIDFlags
	want := map[mailhaul.UID]mailhaul.Flags{}
	for u := mailhaul.UID(1); u <= n; u++ {
		switch {
		case u%5000 == 17: // not in the ledger
			now = append(now, mailhaul.UIDFlags{UID: u, Flags: "x"})
			continue
		case u%3000 == 11: // not said
			want[u] = `\Seen`
		case u%2000 == 7:
			want[u] = "y"
			now = append(now, mailhaul.UIDFlags{UID: u, Flags: "y"})
		default:
			want[u] = "x"
			now = append(now, mailhaul.UIDFlags{UID: u, Flags: "x"})
		}
		uids = append(uids, u)
	}
	b.record(f, uids...)
	b.nextRun()
	changes, err := b.SetFlags(b.ctx, b.run, f, now)
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	for _, m := range b.messages(f.ID) {
		if m.Flags != want[m.UID] {
			t.Errorf("UID %d has %q, want %q", m.UID, m.Flags, want[m.UID])
		}
		if want[m.UID] != `\Seen` {
			changed++
		}
	}
	if len(changes) != changed {
		t.Errorf("%d changes, want %d", len(changes), changed)
	}
	if past := query[int](t, b.sql(), `SELECT count(*) FROM message_past WHERE run = ?`, b.run); past != changed {
		t.Errorf("%d flags of before are kept, want %d", past, changed)
	}
}
