package migrate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// letter is a message as another client sees it: all that must be the same at
// the target is in what.
type letter struct {
	uid  mailhaul.UID
	what string
}

// letters reads the account with another client, by the wire names of folders.
func (l login) letters(t *testing.T) map[string][]letter {
	t.Helper()
	folders := map[string][]letter{}
	for _, m := range imaptest.Reference(t, l.address, l.user, l.password) {
		date, err := time.Parse("_2-Jan-2006 15:04:05 -0700", m.InternalDate)
		if err != nil {
			t.Fatal(err)
		}
		flags := slices.Clone(m.Flags)
		slices.Sort(flags)
		name := inbox(m.Folder)
		folders[name] = append(folders[name], letter{mailhaul.UID(m.UID), fmt.Sprintf("%s %v %s", m.SHA256, flags, date.UTC().Format(time.DateTime))})
	}
	return folders
}

func inbox(name string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	return name
}

// places tells where folders went, by their wire names: where the run says so,
// else, since it did nothing there, to their own name.
func places(s migrate.Summary) func(folder string) string {
	at := map[string]string{}
	for _, r := range s.Reports {
		at[imaptest.EncodeName(r.Folder)] = imaptest.EncodeName(r.At)
	}
	return func(folder string) string {
		if name, told := at[folder]; told {
			return name
		}
		return folder
	}
}

// told are the messages that a run named, with the reasons.
func told(t *testing.T, s migrate.Summary) (failed, altered map[string]map[mailhaul.UID]string) {
	t.Helper()
	index := func(list []migrate.Failure) map[string]map[mailhaul.UID]string {
		out := map[string]map[mailhaul.UID]string{}
		for _, f := range list {
			folder := imaptest.EncodeName(f.Folder)
			if f.UID == 0 || f.Reason == "" {
				t.Errorf("not a message with a reason: %+v", f)
			}
			if out[folder] == nil {
				out[folder] = map[mailhaul.UID]string{}
			}
			out[folder][f.UID] = f.Reason
		}
		return out
	}
	return index(s.Failures), index(s.Altered)
}

// carried checks that the target holds the messages of the source, each once and
// as it was, but for those that the run named: refused ones are not there,
// altered ones are there in another form. It returns how many were named.
func (p *pair) carried(t *testing.T, s migrate.Summary) int {
	t.Helper()
	failed, altered := told(t, s)
	at := places(s)
	left := map[string][]string{}
	for folder, list := range p.to.letters(t) {
		for _, m := range list {
			left[folder] = append(left[folder], m.what)
		}
	}
	changed := map[string]int{}
	named, shown := 0, 0
	source := p.put
	if source == nil {
		source = p.from.letters(t)
	}
	for folder, list := range source {
		place := at(folder)
		for _, m := range list {
			if _, refused := failed[folder][m.uid]; refused {
				named++
				continue
			}
			if _, other := altered[folder][m.uid]; other {
				named++
				changed[place]++
				continue
			}
			i := slices.Index(left[place], m.what)
			if i < 0 {
				if shown++; shown <= 10 {
					t.Errorf("%q, UID %d: %s is not in %q", folder, m.uid, m.what, place)
				}
				continue
			}
			left[place] = slices.Delete(left[place], i, i+1)
		}
	}
	for place, list := range left {
		if len(list) != changed[place] {
			t.Errorf("%q has %d messages that are not the source's, %d were altered: %.5q", place, len(list), changed[place], list)
		}
	}
	return named
}

// same is carried when nothing may be named.
func (p *pair) same(t *testing.T, s migrate.Summary) {
	t.Helper()
	if named := p.carried(t, s); named > 0 {
		t.Errorf("%d messages refused or altered: %v %v", named, s.Failures, s.Altered)
	}
}

// sameFolders checks names, uses and subscriptions. Where the target knows no
// special uses there are none.
func (p *pair) sameFolders(t *testing.T, s migrate.Summary, uses bool) {
	t.Helper()
	at := places(s)
	target := map[string]imaptest.ReferenceFolder{}
	for _, f := range imaptest.ReferenceFolders(t, p.to.address, p.to.user, p.to.password) {
		target[inbox(f.Name)] = f
	}
	for _, f := range imaptest.ReferenceFolders(t, p.from.address, p.from.user, p.from.password) {
		name := at(inbox(f.Name))
		got, there := target[name]
		if !there { // an empty folder, of which the run does not speak
			got, there = target["INBOX."+name]
		}
		if plain, below := strings.CutPrefix(name, "INBOX."); below && !there {
			got, there = target[plain]
		}
		switch {
		case f.NoSelect():
		case !there:
			t.Errorf("folder %q is not at the target as %q", f.Name, name)
		case f.Subscribed != got.Subscribed:
			t.Errorf("folder %q: subscribed %v, %q at the target %v", f.Name, f.Subscribed, got.Name, got.Subscribed)
		case uses && f.SpecialUse() != "" && f.SpecialUse() != got.SpecialUse():
			t.Errorf("folder %q: use %q, %q at the target %q", f.Name, f.SpecialUse(), got.Name, got.SpecialUse())
		}
	}
}
