package plan_test

import (
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/plan"
)

func folder(name string, validity uint32, next mailhaul.UID, messages uint32, modseq uint64) *mailhaul.Folder {
	return &mailhaul.Folder{Name: name, UIDValidity: validity, UIDNext: next, Messages: messages, HighestModSeq: modseq, HasCounters: true}
}

func known(id int64, f *mailhaul.Folder, live int64) plan.Known {
	k := plan.Known{Folder: *f, Live: live}
	k.ID, k.Place = id, f.Name
	return k
}

func TestFolders(t *testing.T) {
	base := folder("a", 1, 10, 5, 100)
	failing, gone := known(1, base, 5), known(1, base, 0)
	failing.Failures, gone.Gone = 1, true
	noCounters := *base
	noCounters.HasCounters, noCounters.UIDValidity = false, 0
	for _, c := range []struct {
		name     string
		server   *mailhaul.Folder
		known    plan.Known
		action   plan.Action
		asks     bool   // flags are asked for
		modSeq   uint64 // since this
		vanished int
	}{
		{"nothing happened", folder("a", 1, 10, 5, 100), known(1, base, 5), plan.Unchanged, true, 100, 0},
		{"new mail", folder("a", 1, 11, 6, 101), known(1, base, 5), plan.Changed, true, 100, 0},
		{"a deletion", folder("a", 1, 10, 4, 101), known(1, base, 5), plan.Changed, true, 100, 0},
		{"one came, one went", folder("a", 1, 11, 5, 102), known(1, base, 5), plan.Changed, true, 100, 0},
		{"flags only", folder("a", 1, 10, 5, 101), known(1, base, 5), plan.Changed, true, 100, 0},
		{"no MODSEQ on the server", folder("a", 1, 10, 5, 0), known(1, folder("a", 1, 10, 5, 0), 5), plan.Changed, true, 0, 0},
		{"never seen whole", folder("a", 1, 10, 5, 100), known(1, folder("a", 1, 0, 0, 0), 3), plan.Changed, true, 0, 0},
		{"failures to try again", folder("a", 1, 10, 5, 100), failing, plan.Changed, true, 100, 0},
		{"new UIDVALIDITY", folder("a", 2, 10, 5, 100), known(1, base, 5), plan.Changed, false, 0, 0},
		{"no counters", &noCounters, known(1, base, 5), plan.Changed, true, 100, 0},
		{"there again", folder("a", 1, 10, 5, 100), gone, plan.New, true, 0, 0},
		{"unknown", folder("b", 1, 10, 5, 100), known(1, base, 5), plan.New, false, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			folders, vanished := plan.Folders([]*mailhaul.Folder{c.server}, []plan.Known{c.known})
			q := folders[0].Request()
			if folders[0].Action != c.action || q.Known != c.asks || q.ModSeq != c.modSeq || len(vanished) != c.vanished {
				t.Errorf("action %d, flags %v since %d, %d vanished", folders[0].Action, q.Known, q.ModSeq, len(vanished))
			}
		})
	}
	folders, _ := plan.Folders([]*mailhaul.Folder{{Name: "x", NoSelect: true}}, nil)
	if len(folders) != 0 {
		t.Error("a name that holds no messages is planned for")
	}
}

func TestRenames(t *testing.T) {
	for _, c := range []struct {
		name     string
		server   []*mailhaul.Folder
		known    []plan.Known
		expected string
	}{
		{"one", []*mailhaul.Folder{folder("b", 1, 10, 5, 9)}, []plan.Known{known(1, folder("a", 1, 10, 5, 9), 5)}, "a>b"},
		{"with new mail", []*mailhaul.Folder{folder("b", 1, 12, 7, 9)}, []plan.Known{known(1, folder("a", 1, 10, 5, 9), 5)}, "a>b"},
		{"UIDNEXT goes back", []*mailhaul.Folder{folder("b", 1, 2, 1, 9)}, []plan.Known{known(1, folder("a", 1, 10, 5, 9), 5)}, ""},
		{"other UIDVALIDITY", []*mailhaul.Folder{folder("b", 2, 10, 5, 9)}, []plan.Known{known(1, folder("a", 1, 10, 5, 9), 5)}, ""},
		{"two could be it", []*mailhaul.Folder{folder("b", 1, 10, 5, 9), folder("c", 1, 10, 5, 9)}, []plan.Known{known(1, folder("a", 1, 10, 5, 9), 5)}, ""},
		{"two it could have been", []*mailhaul.Folder{folder("c", 1, 10, 5, 9)}, []plan.Known{known(1, folder("a", 1, 10, 5, 9), 5), known(2, folder("b", 1, 10, 5, 9), 5)}, ""},
		{"still there", []*mailhaul.Folder{folder("a", 1, 10, 5, 9), folder("b", 1, 10, 5, 9)}, []plan.Known{known(1, folder("a", 1, 10, 5, 9), 5)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			folders, vanished := plan.Folders(c.server, c.known)
			got := ""
			for _, r := range plan.Renames(folders, vanished) {
				got += r.From.Name + ">" + folders[r.To].Name
			}
			if got != c.expected {
				t.Errorf("%q, want %q", got, c.expected)
			}
		})
	}
}

func TestDecide(t *testing.T) {
	set := func(text string) mailhaul.UIDSet {
		if text == "" {
			return mailhaul.UIDSet{}
		}
		s, err := mailhaul.ParseUIDSet(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, c := range []struct {
		name, server, live, gone string
		complete                 bool
		fetch, revive, lost      string
	}{
		{"first run", "1:5", "", "", true, "1:5", "", ""},
		{"nothing", "1:5", "1:5", "", true, "", "", ""},
		{"new and gone", "2:7", "1:5", "", true, "6:7", "", "1"},
		{"incomplete: nothing is taken for gone", "2:7", "1:5", "", false, "6:7", "", ""},
		{"gone and back", "1:5", "1:3", "4", true, "5", "4", ""},
		{"emptied", "", "1:3", "", true, "", "", "1:3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := plan.Decide(set(c.server), set(c.live), set(c.gone), c.complete)
			if m.Fetch.String() != c.fetch || m.Revive.String() != c.revive || m.Gone.String() != c.lost {
				t.Errorf("fetch %q, revive %q, gone %q", m.Fetch, m.Revive, m.Gone)
			}
		})
	}
}
