package mailhaul_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mailhaul/mailhaul"
)

func TestMakeFlags(t *testing.T) {
	for _, c := range []struct {
		in   []string
		want mailhaul.Flags
	}{
		{nil, ""},
		{[]string{`\SEEN`, `\seen`}, `\Seen`},
		{[]string{`\Recent`, "b", "a", `\answered`}, `\Answered a b`},
		{[]string{"$Forwarded", "$forwarded"}, "$Forwarded $forwarded"}, // keywords as the server spells them
		{[]string{`\X-Own`, ""}, `\X-Own`},
	} {
		if got := mailhaul.MakeFlags(c.in...); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
	if f := mailhaul.MakeFlags(`\Seen`, "ab"); !f.Has("ab") || f.Has("a") || f.Has("") && f != "" {
		t.Error("Has matches a part of a flag")
	}
}

// TestUIDSet holds the set against a plain map over random operations.
func TestUIDSet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var a, b mailhaul.UIDSet
		inA, inB := map[mailhaul.UID]bool{}, map[mailhaul.UID]bool{}
		for range r.IntN(40) {
			first := mailhaul.UID(1 + r.IntN(60))
			last := first + mailhaul.UID(r.IntN(4))
			a.AddRange(mailhaul.UIDRange{First: first, Last: last})
			for u := first; u <= last; u++ {
				inA[u] = true
			}
			u := mailhaul.UID(1 + r.IntN(60))
			b.Add(u)
			inB[u] = true
		}
		want := []mailhaul.UID{}
		for u := mailhaul.UID(1); u < 70; u++ {
			if inA[u] && !inB[u] {
				want = append(want, u)
			}
			if a.Contains(u) != inA[u] {
				t.Fatalf("%s contains %d: %v", a, u, a.Contains(u))
			}
		}
		if got := slices.AppendSeq([]mailhaul.UID{}, a.Minus(b).All()); !slices.Equal(got, want) {
			t.Fatalf("%s minus %s: %v, want %v", a, b, got, want)
		}
		if a.Len() != uint64(len(inA)) {
			t.Fatalf("%s has %d", a, a.Len())
		}
		if !a.Empty() {
			again, err := mailhaul.ParseUIDSet(a.String())
			if err != nil || again.String() != a.String() {
				t.Fatalf("%s read back: %s, %v", a, again, err)
			}
		}
		rest, all := a.Minus(mailhaul.UIDSet{}), a.String()
		var parts mailhaul.UIDSet
		for !rest.Empty() {
			part := rest.Cut(7, 2)
			if part.Empty() || part.Len() > 7 || len(part.Ranges()) > 2 {
				t.Fatalf("cut %s off", part)
			}
			for _, x := range part.Ranges() {
				parts.AddRange(x)
			}
		}
		if parts.String() != all || a.String() != all {
			t.Fatalf("cut into parts: %s, the set now: %s, before: %s", parts, a, all)
		}
	}
}

func TestParseUIDSet(t *testing.T) {
	for text, want := range map[string]string{"1": "1", "5,1:3": "1:3,5", "9:7": "7:9", "4294967295": "4294967295", "1:2,3": "1:3"} {
		if got, err := mailhaul.ParseUIDSet(text); err != nil || got.String() != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "*", "1:*", "a", "1,", "4294967296", "1:2:3", "-1"} {
		if got, err := mailhaul.ParseUIDSet(text); err == nil {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
	full := mailhaul.UIDSet{}
	full.AddRange(mailhaul.UIDRange{First: 1, Last: 4294967295})
	full.Add(4294967295)
	full.Remove(7)
	if full.String() != "1:6,8:4294967295" || full.Len() != 4294967294 {
		t.Errorf("the full set less one: %s, %d", full, full.Len())
	}
}

// TestFingerprint: what is the same message has the same fingerprint, however a
// server folds and orders its header.
func TestFingerprint(t *testing.T) {
	base := "Message-ID: <a@b>\r\nDate: Mon, 1 Jan 2001 00:00:00 +0000\r\nFrom: A <a@example.org>\r\nSubject: one two\r\n\r\n"
	same := map[string]string{
		"with other fields":  "Received: x\r\nX-Own: y\r\n" + base + "body\r\n",
		"bare LF":            "Message-ID: <a@b>\nDate: Mon, 1 Jan 2001 00:00:00 +0000\nFrom: A <a@example.org>\nSubject: one two\n\nbody",
		"folded":             "Message-ID:\r\n <a@b>\r\nDate: Mon, 1 Jan 2001\r\n\t00:00:00 +0000\r\nFrom: A <a@example.org>\r\nSubject: one\r\n two\r\n\r\n",
		"other order, case":  "SUBJECT: one two\r\nfrom: A <a@example.org>\r\nDate: Mon, 1 Jan 2001 00:00:00 +0000\r\nMessage-Id: <a@b>\r\n\r\n",
		"no end of header":   base[:len(base)-2],
		"no line end at all": base[:len(base)-4],
	}
	want := mailhaul.MakeFingerprint([]byte(base))
	for name, header := range same {
		if mailhaul.MakeFingerprint([]byte(header)) != want {
			t.Errorf("%s: another fingerprint", name)
		}
	}
	for name, header := range map[string]string{"subject": "Message-ID: <a@b>\r\nSubject: two\r\n\r\n", "empty": "", "body only": "\r\nMessage-ID: <a@b>\r\n"} {
		if mailhaul.MakeFingerprint([]byte(header)) == want {
			t.Errorf("%s: the same fingerprint", name)
		}
	}
}

func TestError(t *testing.T) {
	e := &mailhaul.Error{Scope: mailhaul.ScopeMessage, Op: "fetch message", Folder: "a\x1bb", UID: 7, Err: mailhaul.ErrGone}
	if got, want := e.Error(), `fetch message in folder "a\x1bb", UID 7: no longer on the server`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	wrapped := fmt.Errorf("back up: %w", e)
	if mailhaul.ScopeOf(wrapped) != mailhaul.ScopeMessage || mailhaul.ScopeOf(errors.New("x")) != mailhaul.ScopeRun || !errors.Is(wrapped, mailhaul.ErrGone) {
		t.Error("scope or cause is lost")
	}
}

func BenchmarkMakeFingerprint(b *testing.B) {
	header := []byte("Return-Path: <a@example.org>\r\nReceived: from mx.example.org (mx.example.org [192.0.2.1])\r\n\tby mail.example.com with ESMTPS id 12345678;\r\n\tMon, 1 Jan 2001 00:00:00 +0000\r\nMessage-ID: <1.12345678@example.org>\r\nDate: Mon, 1 Jan 2001 00:00:00 +0000\r\nFrom: \"User\" <user@example.org>\r\nTo: Me <me@example.com>\r\nSubject: one two three\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		mailhaul.MakeFingerprint(header)
	}
}
