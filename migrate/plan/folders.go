package plan

import "github.com/mailhaul/mailhaul"

// Known is what the ledger knows of a folder: its name, ID, place, and the
// counters under which it was last seen whole (0 when it never was since).
type Known struct {
	mailhaul.Folder
	Gone     bool  // it was found gone from the server
	Live     int64 // messages that were on the server
	Rows     int64 // messages that it has of the folder, those gone included
	Failures int64 // messages that could not be fetched
}

// Action is what is to be done with a folder of the server.
type Action int

const (
	// Unchanged: nothing to do, the folder need not even be opened.
	Unchanged Action = iota
	// New: the ledger does not know the folder, or knows it as gone.
	New
	// Changed: something in it may have changed.
	Changed
)

// Folder is the decision about one folder of the server. The server's folder
// has the ledger's ID and place when the ledger knows it.
type Folder struct {
	*mailhaul.Folder
	Action Action
	Known  *Known // nil when the ledger does not know it
}

// Request returns how to ask for the folder's state.
func (f Folder) Request() mailhaul.ListRequest {
	q := mailhaul.ListRequest{Folder: f.Folder}
	// Where the UIDVALIDITY is not yet known, the listing tells whether it is
	// another one.
	if f.Known != nil && (f.Known.UIDValidity == f.UIDValidity || !f.HasCounters) {
		q.Known = true
		if !f.Known.Gone {
			q.ModSeq = f.Known.HighestModSeq
		}
	}
	return q
}

// Folders decides about the folders of a server and returns what the ledger
// knows and the server no longer has. Both belong to the choice of the user.
func Folders(server []*mailhaul.Folder, known []Known) (folders []Folder, vanished []*Known) {
	byName := make(map[string]*Known, len(known))
	for i := range known {
		k := &known[i]
		if other := byName[k.Name]; other == nil || other.Gone {
			byName[k.Name] = k
		}
	}
	there := make(map[string]bool, len(server))
	for _, s := range server {
		if s.NoSelect {
			continue
		}
		there[s.Name] = true
		k := byName[s.Name]
		f := Folder{Folder: s, Action: New, Known: k}
		if k != nil {
			s.ID, s.Place = k.ID, k.Place
			if !k.Gone {
				f.Action = Changed
			}
			if same(s, k) {
				f.Action = Unchanged
			}
		}
		folders = append(folders, f)
	}
	for i := range known {
		if k := &known[i]; !k.Gone && !there[k.Name] {
			vanished = append(vanished, k)
		}
	}
	return folders, vanished
}

// same tells that nothing can have happened in the folder: new messages move
// UIDNEXT, deletions the count, flags HIGHESTMODSEQ. Without HIGHESTMODSEQ
// flags may have changed unseen.
func same(s *mailhaul.Folder, k *Known) bool {
	return s.HasCounters && !k.Gone && k.Failures == 0 && k.HighestModSeq != 0 && k.UIDNext != 0 &&
		s.UIDValidity == k.UIDValidity && s.UIDNext == k.UIDNext && s.Messages == k.Messages && s.HighestModSeq == k.HighestModSeq
}

// Rename is a folder that has probably got another name.
type Rename struct {
	From *Known
	To   int // index into the folders
}

// Renames pairs folders that vanished with folders that are new and have the
// same UIDVALIDITY, where the pair is the only one: two folders may have the
// same UIDVALIDITY by chance, so the caller compares messages before it
// believes.
func Renames(folders []Folder, vanished []*Known) []Rename {
	news := map[uint32][]int{}
	for i, f := range folders {
		if f.Action == New && f.HasCounters {
			news[f.UIDValidity] = append(news[f.UIDValidity], i)
		}
	}
	olds := map[uint32]int{}
	for _, v := range vanished {
		olds[v.UIDValidity]++
	}
	var out []Rename
	for _, v := range vanished {
		to := news[v.UIDValidity]
		if len(to) == 1 && olds[v.UIDValidity] == 1 && folders[to[0]].UIDNext >= v.UIDNext {
			out = append(out, Rename{v, to[0]})
		}
	}
	return out
}
