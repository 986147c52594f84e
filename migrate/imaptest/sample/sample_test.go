package sample_test

import (
	"bytes"
	"net/mail"
	"slices"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

func TestSetIsDeterministic(t *testing.T) {
	set := sample.Set{Messages: 100, Octets: 1e6}
	collect := func(s sample.Set) (out []string) {
		for folder, m := range s.All(sample.Folders()) {
			out = append(out, folder+string(m.Body)+m.InternalDate)
		}
		return out
	}
	first := collect(set)
	if len(first) != set.Messages || !slices.Equal(first, collect(set)) {
		t.Errorf("%d messages, or not the same ones again", len(first))
	}
	set.Round = 1
	for _, m := range collect(set) {
		if slices.Contains(first, m) {
			t.Error("another round gives the same message")
		}
	}
}

func TestSetIsAsLargeAsSaid(t *testing.T) {
	for _, test := range []struct {
		name string
		set  sample.Set
	}{
		{"S", sample.S()}, {"M", sample.M()}, {"L", sample.L()},
		{"few", sample.Set{Messages: 10, Octets: 100_000}}, {"one", sample.Set{Messages: 1, Octets: 5000}}, {"none", sample.Set{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var sum int64
			sizes := test.set.Sizes()
			for _, n := range sizes {
				sum += int64(n)
			}
			if len(sizes) != test.set.Messages || sum > test.set.Octets*103/100 || sum < test.set.Octets*97/100 {
				t.Errorf("%d messages of %d octets", len(sizes), sum)
			}
		})
	}
}

func TestSetLooksReal(t *testing.T) {
	set := sample.Set{Messages: 300, Octets: 20e6}
	folders := []string{"INBOX", "Drafts"}
	sizes, i, zones := set.Sizes(), 0, map[string]bool{}
	for folder, m := range set.All(folders) {
		if size := sizes[i]; len(m.Body) < size-300 || len(m.Body) > size+700 {
			t.Errorf("message %d has %d octets, want about %d", i, len(m.Body), size)
		}
		i++
		parsed, err := mail.ReadMessage(bytes.NewReader(m.Body))
		if err != nil {
			t.Fatal(err)
		}
		if parsed.Header.Get("Message-Id") == "" || parsed.Header.Get("Subject") == "" {
			t.Errorf("header %v", parsed.Header)
		}
		if !bytes.Equal(sample.CRLF(m.Body), m.Body) {
			t.Error("a line ends without CR")
		}
		if _, err := time.Parse("_2-Jan-2006 15:04:05 -0700", m.InternalDate); err != nil || len(m.InternalDate) != 26 {
			t.Errorf("date %q: %v", m.InternalDate, err)
		}
		zones[m.InternalDate[21:]] = true
		if slices.Contains(m.Flags, `\Draft`) != (folder == "Drafts") {
			t.Errorf("%s: flags %q", folder, m.Flags)
		}
	}
	if len(zones) < 8 {
		t.Errorf("%d zones only", len(zones))
	}
	var second []sample.Mail
	for m := range set.Folder(folders, 1) {
		second = append(second, m)
	}
	i = 0
	for folder, m := range set.All(folders) {
		if folder == "Drafts" {
			if !bytes.Equal(second[i].Body, m.Body) {
				t.Fatal("Folder and All disagree")
			}
			i++
		}
	}
}

func TestDifficultHasNamesOfItsOwn(t *testing.T) {
	names := map[string]bool{}
	for name, body := range sample.Difficult() {
		if names[name] {
			t.Errorf("%q twice", name)
		}
		names[name] = true
		if name == "NUL" && !bytes.ContainsRune(body, 0) {
			t.Error("no NUL in it")
		}
	}
	if len(names) < 40 {
		t.Errorf("only %d", len(names))
	}
}

func TestCRLF(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"LF", "a\nb\n", "a\r\nb\r\n"},
		{"CRLF", "a\r\n", "a\r\n"},
		{"first", "\n\n", "\r\n\r\n"},
		{"CR alone", "a\rb", "a\rb"},
		{"nothing", "", ""},
	} {
		if got := string(sample.CRLF([]byte(test.in))); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
