package filter_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name             string
		include, exclude []string
		folder           mailhaul.Folder
		want             bool
	}{
		{"all", nil, nil, mailhaul.Folder{Name: "x"}, true},
		{"whole name", []string{"Work"}, nil, mailhaul.Folder{Name: "Work/Projects", Delimiter: "/"}, false},
		{"below", []string{"Work/*"}, nil, mailhaul.Folder{Name: "Work/Projects", Delimiter: "/"}, true},
		{"other delimiter", []string{"Work/*"}, nil, mailhaul.Folder{Name: "Work.Projects", Delimiter: "."}, true},
		{"one character", []string{"W?rk"}, nil, mailhaul.Folder{Name: "Wörk"}, true},
		{"INBOX in any case", []string{"inbox"}, nil, mailhaul.Folder{Name: "INBOX"}, true},
		{"case counts", []string{"work"}, nil, mailhaul.Folder{Name: "Work"}, false},
		{"excluded", []string{"*"}, []string{"Trash"}, mailhaul.Folder{Name: "Trash"}, false},
		{"a star in the name", []string{"star*name"}, nil, mailhaul.Folder{Name: "star*name"}, true},
		{"stars come back", []string{"*a*b*c"}, nil, mailhaul.Folder{Name: "xaxbxbxc"}, true},
		{"no end", []string{"*ab"}, nil, mailhaul.Folder{Name: "xabx"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := filter.Filter{Include: c.include, Exclude: c.exclude}
			if got := f.Match(&c.folder); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestUnmatched(t *testing.T) {
	f := filter.Filter{Include: []string{"a", "b*", "c"}}
	got := f.Unmatched([]*mailhaul.Folder{{Name: "a"}, {Name: "bb"}})
	if !slices.Equal(got, []string{"c"}) {
		t.Errorf("%q", got)
	}
}

// TestPatternBomb: a pattern of many stars takes no time to speak of.
func TestPatternBomb(t *testing.T) {
	done := make(chan bool)
	go func() {
		f := filter.Filter{Include: []string{strings.Repeat("*a", 2000) + "b"}}
		done <- f.Match(&mailhaul.Folder{Name: strings.Repeat("a", 2000)})
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("still matching")
	}
}
