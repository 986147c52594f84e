package compare_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/migrate/compare"
)

// TestTwins: among messages that are the same by octets or header, those are
// paired that have most in common, and each is paired once.
func TestTwins(t *testing.T) {
	one := func(flags string, hour int) letter {
		return letter{text: mail(1, "x"), flags: flags, date: noon.Add(time.Duration(hour) * time.Hour)}
	}
	long := strings.Repeat("long\r\n", 100)
	other := func(body string, hour int) letter { return letter{text: mail(1, body), date: one("", hour).date} }
	for _, c := range []struct {
		name string
		a, b box
		want []string
	}{
		{"by date", inbox(one(`\Seen`, 1), one("", 2)), inbox(one(`\Flagged`, 2), one(`\Flagged`, 1)), []string{"flags 1 2", "flags 2 1"}},
		{"by flags", inbox(one(`\Seen`, 1), one("", 2)), inbox(one("", 3), one(`\Seen`, 4)), []string{"date 1 2", "date 2 1"}},
		{"altered, by date", inbox(other("q", 1), other("r", 2)), inbox(other("s", 2), other("t", 1)), []string{"altered 1 2", "altered 2 1"}},
		{"octets before flags and date", inbox(other("q", 1), other("r", 2)), inbox(other("r", 1), other("q", 2)), []string{"date 1 2", "date 2 1"}},
		{"no Message-ID is none in common", inbox(letter{text: "Subject: a\r\n\r\n"}), inbox(letter{text: "Subject: bb\r\n\r\n"}), []string{"missing 1 0", "extra 0 1"}},
		{"no header is none in common", inbox(letter{text: "\r\n" + long}, letter{text: ""}), inbox(letter{text: "\r\n"}, letter{text: "\r\n" + long + "\r\n"}), []string{"altered 1 2", "altered 2 1"}},
		{"no header, far sizes", inbox(letter{text: "\r\n" + long}), inbox(letter{text: "\r\n"}), []string{"missing 1 0", "extra 0 1"}},
		{"far sizes and the same header", inbox(other("q", 1), other(long, 2)), inbox(other(long+"r", 3)), []string{"missing 1 0", "altered 2 1", "date 2 1"}},
		{"a body that was lost", inbox(other(long, 1)), inbox(other("", 2)), []string{"altered 1 1", "date 1 1"}},
		{"many", inbox(slices.Repeat([]letter{one("", 0)}, 50)...), inbox(slices.Repeat([]letter{one("", 0)}, 51)...), []string{"extra 0 51"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			told, _ := run(t, &fake{boxes: []box{c.a}}, &fake{boxes: []box{c.b}}, compare.Options{})
			var got []string
			for _, d := range told {
				got = append(got, fmt.Sprint(d.Kind, " ", d.UIDA, " ", d.UIDB))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
