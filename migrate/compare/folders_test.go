package compare_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/compare"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// dovecot and courier are folders as these servers name them; the name may end
// in a special use.
func dovecot(names ...string) []*mailhaul.Folder { return named("/", "", names) }
func courier(names ...string) []*mailhaul.Folder { return named(".", "INBOX.", names) }

func named(delimiter, namespace string, names []string) (list []*mailhaul.Folder) {
	for _, n := range names {
		name, use, _ := strings.Cut(n, " ")
		list = append(list, &mailhaul.Folder{Name: name, Raw: name, Delimiter: delimiter, Namespace: namespace, SpecialUse: use})
	}
	return list
}

func TestByName(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b []*mailhaul.Folder
		want map[string]string
	}{
		{"equal names", dovecot("INBOX", "a/b"), dovecot("a/b", "INBOX", "c"), map[string]string{"INBOX": "INBOX", "a/b": "a/b"}},
		{"INBOX in any case", dovecot("inbox"), dovecot("INBOX"), map[string]string{"inbox": "INBOX"}},
		{"case counts elsewhere", dovecot("Work", "work"), dovecot("work"), map[string]string{"work": "work"}},
		{"delimiter and namespace", dovecot("INBOX", "a/b", "a"), courier("INBOX", "INBOX.a", "INBOX.a.b"), map[string]string{"INBOX": "INBOX", "a": "INBOX.a", "a/b": "INBOX.a.b"}},
		{"a dot is no delimiter", dovecot("a.b"), courier("INBOX.a.b"), map[string]string{}},
		{"a namespace that was lost", named(".", "", []string{"INBOX", "INBOX.a"}), courier("INBOX", "INBOX.a"), map[string]string{"INBOX": "INBOX", "INBOX.a": "INBOX.a"}},
		{"no delimiter", named("", "", []string{"INBOX", "x"}), dovecot("INBOX", "x"), map[string]string{"INBOX": "INBOX", "x": "x"}},
		{"special use", dovecot(`Gesendet \Sent`), courier(`INBOX.Sent \Sent`), map[string]string{"Gesendet": "INBOX.Sent"}},
		{"the name before special use", dovecot(`Sent`, `Gesendet \Sent`), dovecot(`Sent \Sent`), map[string]string{"Sent": "Sent"}},
		{"two of one special use", dovecot(`x \Sent`, `y \Sent`), dovecot(`Sent \Sent`), map[string]string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := compare.ByName(c.a, c.b); !maps.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// boxes gives each folder one message, the same for the same number.
func boxes(folders []*mailhaul.Folder, numbers ...int) (list []box) {
	for i, f := range folders {
		list = append(list, box{Folder: *f, mail: map[mailhaul.UID]letter{1: {text: mail(numbers[i], "x")}}})
	}
	return list
}

func TestFolders(t *testing.T) {
	subscribed := boxes(dovecot("INBOX", "x"), 1, 2)
	subscribed[0].Subscribed = true
	hollow := boxes(dovecot("INBOX", "x"), 1, 2)
	hollow[1].NoSelect = true
	files := boxes(named("/", "", []string{"INBOX", "x"}), 1, 2)
	for i := range files {
		files[i].Raw = ""
	}
	all := func(a, b []*mailhaul.Folder) map[string]string {
		into := map[string]string{"nobody": "INBOX"}
		for _, f := range a {
			into[f.Name] = "all"
		}
		return into
	}
	for _, c := range []struct {
		name string
		a, b []box
		o    compare.Options
		want []string
		rows string
	}{
		{name: "a folder each too many", a: boxes(dovecot("INBOX", "old"), 1, 2), b: boxes(dovecot("new", "INBOX"), 2, 1),
			want: []string{"folder old/0 /0: B has no such folder; it holds messages: 1", "missing old/1 /0", "folder /0 new/0: A has no such folder; it holds messages: 1", "extra /0 new/1"},
			rows: "[INBOX] INBOX 1 1; [old]  1 0; [] new 0 1"},
		{name: "other names", a: boxes(dovecot("INBOX", "a/b", "x"), 1, 2, 3), b: boxes(courier("INBOX", "INBOX.a.b", "INBOX.x"), 1, 2, 4),
			want: []string{"missing x/1 INBOX.x/0", "extra x/0 INBOX.x/1"}, rows: "[INBOX] INBOX 1 1; [a/b] INBOX.a.b 1 1; [x] INBOX.x 1 1"},
		{name: "special use", a: boxes(dovecot("INBOX", `Sent \Sent`), 1, 2), b: boxes(dovecot("INBOX", "Sent"), 1, 2),
			want: []string{`special use Sent/0 Sent/0: A has \Sent, B has none`}, rows: "[INBOX] INBOX 1 1; [Sent] Sent 1 1"},
		{name: "subscription in A", a: subscribed, b: boxes(dovecot("INBOX", "x"), 1, 2),
			want: []string{`subscription INBOX/0 INBOX/0: only A is subscribed`}, rows: "[INBOX] INBOX 1 1; [x] x 1 1"},
		{name: "subscription in B", a: boxes(dovecot("INBOX", "x"), 1, 2), b: subscribed,
			want: []string{`subscription INBOX/0 INBOX/0: only B is subscribed`}, rows: "[INBOX] INBOX 1 1; [x] x 1 1"},
		{name: "files know no subscriptions", a: subscribed, b: files, rows: "[INBOX] INBOX 1 1; [x] x 1 1"},
		{name: "a name that holds no messages", a: hollow, b: boxes(dovecot("INBOX"), 1), rows: "[INBOX] INBOX 1 1"},
		{name: "several into one", a: boxes(dovecot("INBOX", "x", "y"), 1, 2, 3), b: []box{{Folder: *dovecot("all")[0], mail: map[mailhaul.UID]letter{5: {text: mail(3, "x")}, 6: {text: mail(4, "x")}, 7: {text: mail(1, "x")}}}},
			o: compare.Options{Pair: all}, want: []string{"missing x/1 all/0", "extra INBOX/0 all/6"}, rows: "[INBOX x y] all 3 3"},
		{name: "chosen by the name in A", a: boxes(dovecot("INBOX", "x", "y"), 1, 2, 3), b: boxes(courier("INBOX.x"), 2), o: compare.Options{Filter: filter.Filter{Include: []string{"x"}}}, rows: "[x] INBOX.x 1 1"},
		{name: "chosen by the name in B", a: boxes(dovecot("INBOX", "x", "y"), 1, 2, 3), b: boxes(courier("INBOX.x"), 2), o: compare.Options{Filter: filter.Filter{Include: []string{"INBOX/x"}}}, rows: "[x] INBOX.x 1 1"},
		{name: "only in B, without the prefix", a: boxes(dovecot("INBOX"), 1), b: boxes(courier("INBOX.x"), 2), o: compare.Options{Filter: filter.Filter{Include: []string{"x"}}},
			want: []string{"folder /0 INBOX.x/0: A has no such folder; it holds messages: 1", "extra /0 INBOX.x/1"}, rows: "[] INBOX.x 0 1"},
		{name: "excluded by one name", a: boxes(dovecot("INBOX", `Sent \Sent`), 1, 2), b: boxes(dovecot("INBOX", `Gesendet \Sent`), 1, 3), o: compare.Options{Filter: filter.Filter{Exclude: []string{"Gesendet"}}}, rows: "[INBOX] INBOX 1 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			told, s := run(t, &fake{boxes: c.a}, &fake{boxes: c.b}, c.o)
			if got := lines(told); !slices.Equal(got, c.want) {
				t.Errorf("told:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			var rows []string
			for _, r := range s.Folders {
				rows = append(rows, fmt.Sprintf("%v %s %d %d", r.A, r.B, r.Counts.A, r.Counts.B))
			}
			if got := strings.Join(rows, "; "); got != c.rows {
				t.Errorf("rows: %s, want %s", got, c.rows)
			}
		})
	}
}

func TestNoFolderChosen(t *testing.T) {
	a, b := &fake{boxes: boxes(dovecot("INBOX"), 1)}, &fake{boxes: boxes(dovecot("x"), 1)}
	_, err := compare.Run(t.Context(), a, b, compare.Options{Filter: filter.Filter{Include: []string{"x", "Wrok"}}})
	if !errors.Is(err, mailhaul.ErrUsage) || !strings.Contains(err.Error(), `"Wrok"`) {
		t.Errorf("%v", err)
	}
}
