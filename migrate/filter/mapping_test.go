package filter_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

func TestMapping(t *testing.T) {
	dovecot := func(name string) mailhaul.Folder { return mailhaul.Folder{Name: name, Delimiter: "/"} }
	courier := func(name string) mailhaul.Folder {
		f := mailhaul.Folder{Name: name, Delimiter: "."}
		if strings.HasPrefix(name, "INBOX.") {
			f.Namespace = "INBOX."
		}
		return f
	}
	for _, c := range []struct {
		name         string
		maps         []string
		prefix, into string
		folder       mailhaul.Folder
		levels       string // written with "|", "" for not mapped
	}{
		{"nothing given", nil, "", "", dovecot("a"), ""},
		{"itself", []string{"a=b"}, "", "", dovecot("a"), "b"},
		{"what lies below", []string{"a=b/c"}, "", "", dovecot("a/x/y"), "b|c|x|y"},
		{"what begins alike", []string{"a=b"}, "", "", dovecot("ab"), ""},
		{"a level deeper", []string{"a=b"}, "", "", dovecot("x/a"), ""},
		{"the longest counts", []string{"a=1", "a/b=2", "a/b/c/d=3"}, "", "", dovecot("a/b/c"), "2|c"},
		{"no chain", []string{"a=b", "b=a"}, "", "", dovecot("a"), "b"},
		{"case counts", []string{"a=b"}, "", "", dovecot("A"), ""},
		{"INBOX in any case", []string{"inbox=Old"}, "", "", dovecot("Inbox"), "Old"},
		{"to INBOX in any case", []string{"Old=inbox/old"}, "", "", dovecot("Old/x"), "INBOX|old|x"},
		{"below INBOX", []string{"INBOX=Old"}, "", "", dovecot("INBOX/x"), "Old|x"},
		{"= in the new name", []string{"a=b=c"}, "", "", dovecot("a"), "b=c"},
		{"the source's delimiter in a level of the rule", []string{"a.b=c"}, "", "", dovecot("a.b/x"), "c|x"},

		{"another delimiter", []string{"a/b=c"}, "", "", courier("INBOX.a.b.x"), "c|x"},
		{"with the namespace", []string{"INBOX/a=c"}, "", "", courier("INBOX.a.x"), "c|x"},
		{"a namespace is not below INBOX", []string{"INBOX=Old"}, "", "", courier("INBOX.a"), ""},
		{"INBOX beside a namespace", []string{"INBOX=Old"}, "", "", courier("INBOX"), "Old"},
		{"INBOX in a namespace is no inbox", []string{"INBOX=Old"}, "", "", courier("INBOX.INBOX"), ""},
		{"INBOX in a namespace by its whole name", []string{"INBOX/INBOX=Old"}, "", "", courier("INBOX.INBOX.x"), "Old|x"},
		{"/ in a level", []string{"a/b=c"}, "", "", courier("INBOX.a/b.x/y"), "c|x/y"},
		{"no hierarchy", []string{"a/b=c"}, "", "", mailhaul.Folder{Name: "a/b"}, "c"},

		{"a prefix", nil, "P/Q", "", dovecot("a/b"), "P|Q|a|b"},
		{"a prefix to INBOX", nil, "P", "", dovecot("inbox"), "P|INBOX"},
		{"a prefix leaves the namespace", nil, "P", "", courier("INBOX.a/b"), "P|a/b"},
		{"a prefix where no rule fits", []string{"a=b"}, "P", "", dovecot("c"), "P|c"},
		{"a rule before the prefix", []string{"a=b"}, "P", "", dovecot("a"), "b"},
		{"into one folder", nil, "", "R/x", dovecot("a/b"), "R|x"},
		{"into INBOX", nil, "", "Inbox", dovecot("a/b"), "INBOX"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := filter.ParseMapping(c.maps, c.prefix, c.into)
			if err != nil {
				t.Fatal(err)
			}
			levels, mapped := m.Levels(&c.folder)
			if got := strings.Join(levels, "|"); got != c.levels || mapped != (c.levels != "") {
				t.Errorf("%q, %v, want %q", got, mapped, c.levels)
			}
		})
	}
}

// TestMappingApart: what a folder was given is not changed by the next.
func TestMappingApart(t *testing.T) {
	m, err := filter.ParseMapping([]string{"a=1/2/3"}, "P/Q/R", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		first, _ := m.Levels(&mailhaul.Folder{Name: name + "/x", Delimiter: "/"})
		before := strings.Join(first, "|")
		m.Levels(&mailhaul.Folder{Name: name + "/y", Delimiter: "/"})
		if got := strings.Join(first, "|"); got != before {
			t.Errorf("%s became %s", before, got)
		}
	}
}

func TestMappingErrors(t *testing.T) {
	for _, c := range []struct {
		name         string
		maps         []string
		prefix, into string
		says         string
	}{
		{"no =", []string{"a"}, "", "", `--map "a" has no "="`},
		{"empty", []string{""}, "", "", `has no "="`},
		{"no old name", []string{"=b"}, "", "", `--map "=b" lacks the name`},
		{"no new name", []string{"a="}, "", "", `--map "a=" lacks the name`},
		{"an empty level", []string{"a//b=c"}, "", "", "empty level"},
		{"a slash at the end", []string{"a=c/"}, "", "", "empty level"},
		{"twice", []string{"a=b", "c=d", "a=b"}, "", "", `twice for folder "a"`},
		{"INBOX twice", []string{"Inbox=b", "INBOX=c"}, "", "", `twice for folder "INBOX"`},
		{"a prefix with an empty level", nil, "/P", "", "--prefix"},
		{"into an empty level", nil, "", "a//b", "--into"},
		{"into and prefix", nil, "P", "I", "--into"},
		{"into and map", []string{"a=b"}, "", "I", "--into"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := filter.ParseMapping(c.maps, c.prefix, c.into)
			if !errors.Is(err, mailhaul.ErrUsage) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

func TestMappingUnmatched(t *testing.T) {
	m, err := filter.ParseMapping([]string{"a=1", "b=2", "c/d=3", "e=4", "INBOX=5"}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	folders := []*mailhaul.Folder{{Name: "INBOX.a.x", Delimiter: ".", Namespace: "INBOX."}, {Name: "INBOX.c", Delimiter: ".", Namespace: "INBOX."}, {Name: "e"}}
	if got := m.Unmatched(folders); !slices.Equal(got, []string{"b", "c/d", "INBOX"}) {
		t.Errorf("%q", got)
	}
}
