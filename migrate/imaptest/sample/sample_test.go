package sample_test

import (
	"bytes"
	"fmt"
	"net/mail"
	"slices"
	"strings"
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

// TestTwinsAreTwins counts how alike the messages of the set are.
func TestTwinsAreTwins(t *testing.T) {
	twins := sample.Twins{Messages: 10_000}
	type key struct{ folder, octets string }
	octets, exact, folders := map[key]int{}, map[string]int{}, map[string]map[string]bool{}
	headers, seconds := map[string]map[string]bool{}, map[string]int{}
	n, noID, again := 0, 0, ""
	for folder, m := range twins.All() {
		n++
		body := string(m.Body)
		again += m.InternalDate
		octets[key{folder, body}]++
		exact[fmt.Sprint(folder, m.Flags, m.InternalDate, body)]++
		seconds[m.InternalDate]++
		if folders[body] == nil {
			folders[body] = map[string]bool{}
		}
		folders[body][folder] = true
		head, text, _ := strings.Cut(body, "\r\n\r\n")
		if !strings.Contains(head, "Message-ID:") {
			noID++
		}
		if headers[head] == nil {
			headers[head] = map[string]bool{}
		}
		headers[head][text] = true
		if !bytes.Equal(sample.CRLF(m.Body), m.Body) || len(m.Body) > 1000 {
			t.Fatalf("%q", m.Body)
		}
	}
	doubles, elsewhere, alike := 0, 0, 0
	for _, k := range exact {
		doubles += k - 1
	}
	for _, f := range folders {
		if len(f) > 1 {
			elsewhere++
		}
	}
	for _, texts := range headers {
		if len(texts) > 1 {
			alike++
		}
	}
	if n != twins.Messages || noID < 2500 || doubles < 1500 || elsewhere < 500 || alike < 1500 || len(seconds) > 1010 {
		t.Errorf("%d messages, %d without Message-ID, %d exact doubles, %d in several folders, %d headers of several bodies, %d seconds",
			n, noID, doubles, elsewhere, alike, len(seconds))
	}
	for _, m := range twins.All() {
		rest, same := strings.CutPrefix(again, m.InternalDate)
		if !same {
			t.Fatal("another set the second time")
		}
		again = rest
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
