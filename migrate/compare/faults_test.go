package compare_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/compare"
)

// TestUnreadable: what cannot be read is a difference, ends nothing, and makes
// nobody say that a message is missing that may be there.
func TestUnreadable(t *testing.T) {
	with := func(fault string, n int) letter { return letter{text: mail(n, "x"), date: noon, fault: fault} }
	broken := func(fault string, b box) box {
		b.fault = fault
		return b
	}
	three := inbox(with("", 1), with("", 2), with("", 3))
	for _, c := range []struct {
		name   string
		a, b   box
		want   []string
		counts compare.Counts
	}{
		{"a header in A", inbox(with("header", 1), with("", 2)), inbox(with("", 1), with("", 2)),
			[]string{"unreadable INBOX/1 INBOX/0: in A: the disk is on fire", "extra INBOX/0 INBOX/1: unless it is among the messages of this folder that cannot be read in A: 1"},
			compare.Counts{A: 2, B: 2, Identical: 1, Extra: 1, Unreadable: 1}},
		{"a header in B", inbox(with("", 1)), inbox(with("header", 1)),
			[]string{"missing INBOX/1 INBOX/0: unless it is among the messages of this folder that cannot be read in B: 1", "unreadable INBOX/0 INBOX/1: in B: the disk is on fire"},
			compare.Counts{A: 1, B: 1, Missing: 1, Unreadable: 1}},
		{"a body in A", inbox(with("body", 1), with("", 2)), inbox(with("", 1), with("", 2)),
			[]string{"unreadable INBOX/1 INBOX/1: in A: the disk is on fire"}, compare.Counts{A: 2, B: 2, Identical: 1, Unreadable: 1}},
		{"bodies of both", inbox(with("body", 1)), inbox(with("short", 1)),
			[]string{"unreadable INBOX/1 INBOX/1: in A: the disk is on fire; in B: 112 octets came, 113 were announced"}, compare.Counts{A: 1, B: 1, Unreadable: 1}},
		{"a body that breaks", inbox(with("line", 1)), inbox(with("", 1)),
			[]string{"unreadable INBOX/1 INBOX/1: in A: the disk is on fire"}, compare.Counts{A: 1, B: 1, Unreadable: 1}},
		{"a body that never comes", inbox(with("forgotten", 1)), inbox(with("", 1)),
			[]string{"unreadable INBOX/1 INBOX/1: in A: it was asked for and not given"}, compare.Counts{A: 1, B: 1, Unreadable: 1}},
		{"deleted before the header is read", inbox(with("gone", 1), with("", 2)), inbox(with("", 2)), nil, compare.Counts{A: 1, B: 1, Identical: 1}},
		{"deleted before the body is read", inbox(with("vanishes", 1)), inbox(with("", 1)),
			[]string{"extra INBOX/0 INBOX/1"}, compare.Counts{B: 1, Extra: 1}},
		{"a folder's list breaks", three, broken("look", three),
			[]string{"unreadable /0 INBOX/0: the disk is on fire"}, compare.Counts{A: 3, B: 1, Identical: 1, Unreadable: 2}},
		{"a folder breaks while headers are read", broken("header", three), inbox(with("", 1), with("", 4)),
			[]string{"unreadable INBOX/0 /0: fetch: the disk is on fire"}, compare.Counts{A: 1, B: 2, Identical: 1, Unreadable: 1}},
		{"a folder breaks while bodies are read", broken("body", three), three,
			[]string{"unreadable INBOX/0 /0: fetch: the disk is on fire"}, compare.Counts{A: 3, B: 3, Identical: 1, Unreadable: 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			told, s := run(t, &fake{boxes: []box{c.a}}, &fake{boxes: []box{c.b}}, compare.Options{})
			if got := lines(told); !slices.Equal(got, c.want) {
				t.Errorf("told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if s.Counts != c.counts {
				t.Errorf("%+v, want %+v", s.Counts, c.counts)
			}
		})
	}
}

// TestAccountFails: the error names the side, keeps its scope, and what was
// found by then is told.
func TestAccountFails(t *testing.T) {
	for _, step := range []string{"folders", "look", "header", "body"} {
		for i, name := range []string{"A", "B"} {
			sources := [2]*fake{{boxes: []box{inbox(letter{text: mail(1, "x")})}}, {boxes: []box{inbox(letter{text: mail(1, "x")})}}}
			sources[i].fault = step
			_, err := compare.Run(t.Context(), sources[0], sources[1], compare.Options{})
			if !errors.Is(err, errFake) || mailhaul.ScopeOf(err) != mailhaul.ScopeAccount || !strings.HasPrefix(err.Error(), "read "+name+": ") {
				t.Errorf("%s of %s: %v", step, name, err)
			}
		}
	}
}

// TestLostAtTheEnd: a side that is lost when the header fields of what differs
// are asked for again takes no difference with it.
func TestLostAtTheEnd(t *testing.T) {
	a, b := &fake{boxes: []box{inbox(letter{text: mail(1, "x")}, letter{text: mail(2, "x")})}}, &fake{boxes: []box{inbox(letter{text: mail(1, "x")})}}
	a.fault = "header again"
	var told []compare.Difference
	s, err := compare.Run(t.Context(), a, b, compare.Options{Tell: func(d compare.Difference) { told = append(told, d) }})
	if !errors.Is(err, errFake) || s.Differences != 1 || !slices.Equal(lines(told), []string{"missing INBOX/2 INBOX/0"}) {
		t.Errorf("%v, %+v, %v", err, s, lines(told))
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	a, b := &fake{boxes: []box{inbox(letter{text: mail(1, "x")})}}, &fake{boxes: []box{inbox(letter{text: mail(2, "x")})}}
	_, err := compare.Run(ctx, a, b, compare.Options{Progress: func(int64, int64) { cancel(enough) }})
	if !errors.Is(err, enough) {
		t.Errorf("%v, want what ended the context", err)
	}
}
