package plan_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

// named reads folders of an account: "name", "name \Use", "name -" for one that
// holds no messages.
func named(namespace, delimiter string, lines ...string) []*mailhaul.Folder {
	var out []*mailhaul.Folder
	for _, line := range lines {
		f := &mailhaul.Folder{Name: line, Delimiter: delimiter}
		if name, ok := strings.CutSuffix(line, " -"); ok {
			f.Name, f.NoSelect = name, true
		} else if i := strings.Index(line, ` \`); i > 0 {
			f.Name, f.SpecialUse = line[:i], line[i+1:]
		}
		if strings.HasPrefix(f.Name, namespace) {
			f.Namespace = namespace
		}
		out = append(out, f)
	}
	return out
}

// hash stands for a suffix that keeps folders apart.
var hash = regexp.MustCompile(`-[0-9a-f]{8}`)

// went shows destinations: "source>name", "+" when the folder is there, its
// special use when it is to be made with one, "!" when there is something to say.
func went(ds []plan.Destination) []string {
	var out []string
	for _, d := range ds {
		line := d.Source.Name + ">" + hash.ReplaceAllString(d.Name, "-#")
		if d.Folder != nil {
			line += "+"
		}
		if d.SpecialUse != "" {
			line += " " + d.SpecialUse
		}
		if d.Note != "" {
			line += "!"
		}
		out = append(out, line)
	}
	return out
}

// account is a kind of account: how it writes names.
type account struct{ namespace, delimiter string }

var (
	dovecot = account{"", "/"}
	courier = account{"INBOX.", "."}
	flat    = account{"", ""}
	mail    = account{"Mail/", "/"} // a namespace that is not INBOX
)

func TestDestinations(t *testing.T) {
	for _, c := range []struct {
		name     string
		from     account
		source   []string
		to       account
		target   []string
		known    map[string]string
		mapped   map[string]string // source's name to levels, written with "|"
		expected []string
	}{
		{name: "nothing", from: dovecot, to: dovecot},
		{name: "the same names", from: dovecot, to: dovecot, source: []string{"INBOX", "a", "a/b", "Ä☃"}, target: []string{"INBOX", "a"},
			expected: []string{"INBOX>INBOX+", "a>a+", "a/b>a/b", "Ä☃>Ä☃"}},
		{name: "INBOX in any case", from: dovecot, to: dovecot, source: []string{"Inbox"}, target: []string{"inbox"}, expected: []string{"Inbox>INBOX+"}},
		{name: "two that are INBOX but for case", from: dovecot, to: dovecot, source: []string{"Inbox", "INBOX"}, expected: []string{"Inbox>Inbox_!", "INBOX>INBOX"}},
		{name: "no messages, no destination", from: dovecot, to: dovecot, source: []string{"a -", "a/b"}, expected: []string{"a/b>a/b"}},
		{name: "a target's name that holds none is to be made", from: dovecot, to: dovecot, source: []string{"a"}, target: []string{"a -"}, expected: []string{"a>a"}},
		{name: "names that differ by case", from: dovecot, to: dovecot, source: []string{"Work", "work"}, target: []string{"WORK"}, expected: []string{"Work>Work", "work>work"}},

		{name: "to a namespace", from: dovecot, to: courier, source: []string{"INBOX", "a/b", "INBOX/x"}, target: []string{"INBOX", "INBOX.a.b"},
			expected: []string{"INBOX>INBOX+", "a/b>INBOX.a.b+", "INBOX/x>INBOX.x"}},
		{name: "from a namespace", from: courier, to: dovecot, source: []string{"INBOX", "INBOX.a.b"}, expected: []string{"INBOX>INBOX", "INBOX.a.b>a/b"}},
		{name: "between namespaces", from: courier, to: courier, source: []string{"INBOX", "INBOX.a.b", "INBOX.INBOX"}, expected: []string{"INBOX>INBOX", "INBOX.a.b>INBOX.a.b", "INBOX.INBOX>INBOX.INBOX"}},
		{name: "a namespace that is not INBOX", from: dovecot, to: mail, source: []string{"INBOX", "INBOX/x", "a/b"}, expected: []string{"INBOX>INBOX", "INBOX/x>INBOX/x", "a/b>Mail/a/b"}},
		{name: "INBOX in a namespace is no inbox", from: courier, to: dovecot, source: []string{"INBOX", "INBOX.INBOX", "INBOX.INBOX.x"},
			expected: []string{"INBOX>INBOX", "INBOX.INBOX>INBOX_!", "INBOX.INBOX.x>INBOX_/x"}},
		{name: "in and below INBOX where that is one", from: dovecot, to: courier, source: []string{"INBOX/x", "x"}, expected: []string{"INBOX/x>INBOX.x-#!", "x>INBOX.x"}},
		{name: "a name outside of the namespace", from: courier, to: dovecot, source: []string{"shared.x"}, expected: []string{"shared.x>shared/x"}},

		{name: "the target's delimiter in a level", from: dovecot, to: courier, source: []string{"a.b", "a.b/c.d", "e"}, expected: []string{"a.b>INBOX.a_b!", "a.b/c.d>INBOX.a_b.c_d!", "e>INBOX.e"}},
		{name: "a close name is taken", from: dovecot, to: courier, source: []string{"a.b", "a_b", "a.b/c"}, expected: []string{"a.b>INBOX.a_b-#!", "a_b>INBOX.a_b", "a.b/c>INBOX.a_b-#.c"}},
		{name: "two get one close name", from: courier, to: dovecot, source: []string{"INBOX.a/b", "INBOX.a/b/c", "INBOX.a_b/c"}, expected: []string{"INBOX.a/b>a_b!", "INBOX.a/b/c>a_b_c!", "INBOX.a_b/c>a_b_c-#!"}},
		{name: "an empty level", from: dovecot, to: courier, source: []string{"a//b", "/c", "d/"}, expected: []string{"a//b>INBOX.a._.b!", "/c>INBOX._.c!", "d/>INBOX.d._!"}},
		{name: "to a flat account", from: dovecot, to: flat, source: []string{"INBOX", "a", "a/b", "a-b"}, expected: []string{"INBOX>INBOX", "a>a", "a/b>a-b-#!", "a-b>a-b"}},
		{name: "from a flat account", from: flat, to: dovecot, source: []string{"a/b", "c.d"}, expected: []string{"a/b>a_b!", "c.d>c.d"}},
		{name: "_ is the delimiter", from: dovecot, to: account{"", "_"}, source: []string{"a_b/c"}, expected: []string{"a_b/c>a-b_c!"}},

		{name: "special use in another language", from: dovecot, to: dovecot, source: []string{`Sent \Sent`, "Sent/2020", "Sent/2020/x"}, target: []string{`Gesendet \Sent`, "Sent"},
			expected: []string{"Sent>Gesendet+!", "Sent/2020>Gesendet/2020", "Sent/2020/x>Gesendet/2020/x"}},
		{name: "special use, another delimiter", from: courier, to: dovecot, source: []string{`INBOX.Sent \Sent`, "INBOX.Sent.2020"}, target: []string{`[Gmail]/Gesendet \Sent`},
			expected: []string{"INBOX.Sent>[Gmail]/Gesendet+!", "INBOX.Sent.2020>[Gmail]/Gesendet/2020"}},
		{name: "special use in any case, no note for the same name", from: dovecot, to: courier, source: []string{`Junk \junk`}, target: []string{`INBOX.Junk \Junk`}, expected: []string{"Junk>INBOX.Junk+"}},
		{name: "special use of a view", from: dovecot, to: dovecot, source: []string{`All \All`, `Star \Flagged`, `Imp \Important`}, target: []string{`Alle \All`, `Stern \Flagged`, `Wichtig \Important`},
			expected: []string{"All>All", "Star>Star", "Imp>Imp"}},
		{name: "special use that the target lacks", from: dovecot, to: dovecot, source: []string{`Sent \Sent`, `Sent2 \Sent`, `Bin \Trash`}, target: []string{"Bin"}, expected: []string{`Sent>Sent \Sent`, "Sent2>Sent2", "Bin>Bin+"}},
		{name: "two of one use do not change places", from: dovecot, to: dovecot, source: []string{`Bin \Trash`, `Trash \Trash`}, target: []string{`Trash \Trash`}, expected: []string{"Bin>Bin", "Trash>Trash+"}},
		{name: "two of one use, two folders for it", from: dovecot, to: dovecot, source: []string{`A \Trash`, `B \Trash`}, target: []string{`X \Trash`, `W \Trash`}, expected: []string{"A>W+!", "B>X+!"}},
		{name: "a name that special use took", from: dovecot, to: dovecot, source: []string{"Gesendet", `Sent \Sent`}, target: []string{`Gesendet \Sent`}, expected: []string{"Gesendet>Gesendet-#!", "Sent>Gesendet+!"}},

		{name: "the ledger keeps a folder where it went", from: dovecot, to: courier, source: []string{"new", "new/x", `Sent \Sent`}, target: []string{"INBOX.old", `INBOX.Gesendet \Sent`, "INBOX.Sent"},
			known: map[string]string{"new": "INBOX.old", "Sent": "INBOX.Sent"}, expected: []string{"new>INBOX.old+", "new/x>INBOX.old.x", "Sent>INBOX.Sent+"}},
		{name: "what the ledger knows is not there", from: dovecot, to: dovecot, source: []string{"a"}, known: map[string]string{"a": "b"}, expected: []string{"a>b"}},
		{name: "a new folder has the name where another went", from: dovecot, to: dovecot, source: []string{"new", "old"}, target: []string{"old"}, known: map[string]string{"new": "old"}, expected: []string{"new>old+", "old>old-#!"}},
		{name: "the ledger knows two together", from: dovecot, to: dovecot, source: []string{"a", "b"}, known: map[string]string{"a": "x", "b": "x"}, expected: []string{"a>x", "b>x"}},
		{name: "INBOX though the ledger knows another there", from: dovecot, to: dovecot, source: []string{"INBOX", "old"}, known: map[string]string{"old": "INBOX"}, expected: []string{"INBOX>INBOX", "old>INBOX"}},

		{name: "the user before all", from: dovecot, to: courier, source: []string{"INBOX", `Sent \Sent`, "a"}, target: []string{`INBOX.Gesendet \Sent`, "INBOX.a"},
			known: map[string]string{"a": "INBOX.a"}, mapped: map[string]string{"INBOX": "Old|in", "Sent": "Old|Sent", "a": "b"},
			expected: []string{"INBOX>INBOX.Old.in", "Sent>INBOX.Old.Sent", "a>INBOX.b"}},
		{name: "the user puts folders together", from: dovecot, to: dovecot, source: []string{"a", "b"}, mapped: map[string]string{"a": "x", "b": "x"}, expected: []string{"a>x", "b>x"}},
		{name: "the user puts a folder to another", from: dovecot, to: dovecot, source: []string{"INBOX", "Old", "Sent Items", `Sent \Sent`}, target: []string{`Gesendet \Sent`},
			mapped: map[string]string{"Old": "INBOX", "Sent Items": "Gesendet"}, expected: []string{"INBOX>INBOX", "Old>INBOX", "Sent Items>Gesendet+", "Sent>Gesendet+!"}},
		{name: "the user puts a folder to another, INBOX. or not", from: dovecot, to: courier, source: []string{"a", "b", "x"}, mapped: map[string]string{"a": "INBOX|x", "b": "x"}, expected: []string{"a>INBOX.x", "b>INBOX.x", "x>INBOX.x"}},
		{name: "the user's prefix and a close name", from: dovecot, to: courier, source: []string{"a.b", "a_b"}, mapped: map[string]string{"a.b": "P|a.b", "a_b": "P|a_b"}, expected: []string{"a.b>INBOX.P.a_b-#!", "a_b>INBOX.P.a_b"}},
		{name: "close to where the user put another", from: dovecot, to: courier, source: []string{"a.b", "x"}, mapped: map[string]string{"x": "a_b"}, expected: []string{"a.b>INBOX.a_b-#!", "x>INBOX.a_b"}},
		{name: "no special use for the user's folders", from: dovecot, to: dovecot, source: []string{`Sent \Sent`}, mapped: map[string]string{"Sent": "Old"}, expected: []string{"Sent>Old"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := named(c.from.namespace, c.from.delimiter, c.source...)
			target := plan.TargetNames{Folders: named(c.to.namespace, c.to.delimiter, c.target...), Namespace: c.to.namespace, Delimiter: c.to.delimiter}
			known := map[string]*mailhaul.Folder{}
			for name, at := range c.known {
				known[name] = &mailhaul.Folder{Name: at}
			}
			mapped := func(f *mailhaul.Folder) ([]string, bool) {
				to, ok := c.mapped[f.Name]
				return strings.Split(to, "|"), ok
			}
			ds := plan.Destinations(source, known, target, mapped)
			if got := went(ds); !slices.Equal(got, c.expected) {
				t.Errorf("\n%q, want\n%q", got, c.expected)
			}
			// The same, whatever the order of the source.
			names := byName(ds)
			slices.Reverse(source)
			if got := byName(plan.Destinations(source, known, target, mapped)); !maps.Equal(got, names) {
				t.Errorf("in another order %q, not %q", got, names)
			}
		})
	}
}

func byName(ds []plan.Destination) map[string]string {
	out := map[string]string{}
	for _, d := range ds {
		out[d.Source.Name] = d.Name
	}
	return out
}

// TestDestinationsAgain: what a first run decided, a second with the ledger's
// knowledge decides again, and says nothing more of it.
func TestDestinationsAgain(t *testing.T) {
	source := named("", "/", "INBOX", "a.b", "a_b", "a.b/c", `Sent \Sent`, "Gesendet", "x//y")
	target := plan.TargetNames{Folders: named("INBOX.", ".", "INBOX", `INBOX.Gesendet \Sent`), Namespace: "INBOX.", Delimiter: "."}
	first := plan.Destinations(source, nil, target, nil)
	known := map[string]*mailhaul.Folder{}
	for _, d := range first {
		known[d.Source.Name] = &mailhaul.Folder{Name: d.Name}
		if d.Folder == nil {
			target.Folders = append(target.Folders, &mailhaul.Folder{Name: d.Name, Delimiter: "."})
		}
	}
	for _, d := range plan.Destinations(source, known, target, nil) {
		if d.Name != known[d.Source.Name].Name || d.Folder == nil || d.Note != "" || d.SpecialUse != "" {
			t.Errorf("%q goes to %q now, before to %q: %+v", d.Source.Name, d.Name, known[d.Source.Name].Name, d)
		}
	}
}

// FuzzDestinations: every folder gets one valid destination of its own.
func FuzzDestinations(f *testing.F) {
	f.Add("INBOX,a.b,a_b,a/b", "/", ".", "INBOX.")
	f.Add("inbox,Inbox,INBOX,INBOX_,,/,//", "/", "", "")
	f.Add("a_b,a-b,a_,_", "_", "_", "")
	f.Add("INBOX.INBOX,INBOX.INBOX.x,INBOX", ".", "/", "")
	f.Fuzz(func(t *testing.T, names, from, to, namespace string) {
		if len(from) > 1 || len(to) > 1 || to == "-" {
			return // a delimiter is one character; hyphens keep names apart
		}
		lines := strings.Split(names, ",")
		slices.Sort(lines)
		source := []*mailhaul.Folder{}
		for _, name := range slices.Compact(lines) {
			source = append(source, &mailhaul.Folder{Name: name, Delimiter: from})
		}
		ds := plan.Destinations(source, nil, plan.TargetNames{Namespace: namespace, Delimiter: to}, nil)
		seen := map[string]bool{}
		for _, d := range ds {
			if seen[d.Name] {
				t.Errorf("two go to %q", d.Name)
			}
			seen[d.Name] = true
			if d.Name == "" || strings.EqualFold(d.Name, "INBOX") && !strings.EqualFold(d.Source.Name, "INBOX") {
				t.Errorf("%q goes to %q", d.Source.Name, d.Name)
			}
		}
		if len(ds) != len(source) {
			t.Errorf("%d folders, %d destinations", len(source), len(ds))
		}
	})
}
