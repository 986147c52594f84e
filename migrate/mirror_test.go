package migrate_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// TestMirror: what was copied and is gone from the source is removed when that is
// wanted and confirmed, and nothing else: not what others put there, not what they
// marked, not what was there before and was recognised.
func TestMirror(t *testing.T) {
	from, source := notes(t, several(6)...)
	check(t, source.Create("Work"))
	check(t, source.Append("Work", several(2)...))
	p := from.to(t, nil, imaptest.Dovecot(t))
	target := p.to.dial(t)
	check(t, target.Append("INBOX", several(1)[0], note("of another", `\Deleted`))) // UIDs 1 and 2; number 0 is recognised
	p.options.Match = true
	if s := p.must(t); s.Matched != 1 || s.New != 7 {
		t.Fatalf("%d matched, %+v", s.Matched, s.Counts)
	}
	check(t, source.Delete("INBOX", "1:3"))
	check(t, source.DeleteFolder("Work"))
	if s := p.must(t); s.Removed != 0 || s.Gone != 5 {
		t.Errorf("no mirror: %+v, %d removed", s.Counts, s.Removed)
	}
	var asked []migrate.Removal
	answer := false
	p.options.Mirror = true
	p.options.Confirm = func(_ context.Context, removals []migrate.Removal) (bool, error) {
		asked = append(asked, removals...)
		return answer, nil
	}
	if s := p.must(t); s.Removed != 0 || fmt.Sprint(asked) != "[{INBOX 2} {Work 2}]" {
		t.Errorf("not confirmed: %d removed, asked %v", s.Removed, asked)
	}
	if n := len(p.to.letters(t)["INBOX"]); n != 7 {
		t.Errorf("not confirmed: %d messages in INBOX", n)
	}
	answer = true
	if s := p.must(t); s.Removed != 4 {
		t.Errorf("confirmed: %d removed", s.Removed)
	}
	if got := flagsOf(t, p.to, "INBOX"); got != `1:, 2:\Deleted, 5:, 6:, 7:` {
		t.Errorf("confirmed: INBOX has %s", got)
	}
	if n := len(p.to.letters(t)["Work"]); n != 0 {
		t.Errorf("confirmed: %d messages in Work", n)
	}
	asked = nil
	if s := p.must(t); s.Removed != 0 || len(asked) > 0 || s.New+s.Missing != 0 {
		t.Errorf("once more: %+v, asked %v", s, asked)
	}
}

// TestMirrorWithoutUIDPlus: a server that can only remove all that is marked
// removes nothing.
func TestMirrorWithoutUIDPlus(t *testing.T) {
	from, source := notes(t, several(3)...)
	p := from.to(t, nil, imaptest.Dovecot(t, imaptest.Poor()))
	p.must(t)
	check(t, source.Delete("INBOX", "2"))
	p.options.Mirror = true
	p.options.Confirm = func(context.Context, []migrate.Removal) (bool, error) { return true, nil }
	s, err := p.migrate(t)
	if err != nil || s.Removed != 0 || len(s.Failures) != 1 || !strings.Contains(s.Failures[0].Reason, "UIDPLUS") {
		t.Errorf("%v, %d removed, failures %v", err, s.Removed, s.Failures)
	}
	if got := flagsOf(t, p.to, "INBOX"); got != "1:, 2:, 3:" {
		t.Errorf("INBOX has %s", got)
	}
}
