package foreign_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/foreign"
)

// sep is a separator line as most programs write it.
const sep = "From a@example.org Tue Nov 14 22:13:20 2023\n"

type dialectCase struct {
	dialect foreign.Dialect
	text    string
	want    []string // the messages
}

// dialectCases are mbox files and the messages in them, written down.
func dialectCases() map[string]dialectCase {
	return map[string]dialectCase{
		"one message":       {0, sep + "Subject: 1\n\nbody\n\n", []string{"Subject: 1\r\n\r\nbody\r\n"}},
		"two messages":      {0, sep + "Subject: 1\n\nbody\n\n" + sep + "Subject: 2\n\nbody\n\n", []string{"Subject: 1\r\n\r\nbody\r\n", "Subject: 2\r\n\r\nbody\r\n"}},
		"empty lines kept":  {0, sep + "Subject: 1\n\n\n\nbody\n\n\n\n" + sep + "Subject: 2\n\n\n", []string{"Subject: 1\r\n\r\n\r\n\r\nbody\r\n\r\n\r\n", "Subject: 2\r\n\r\n"}},
		"no final newline":  {0, sep + "Subject: 1\n\nbody", []string{"Subject: 1\r\n\r\nbody"}},
		"no final empty":    {0, sep + "Subject: 1\n\nbody\n", []string{"Subject: 1\r\n\r\nbody\r\n"}},
		"header only":       {0, sep + "Subject: 1\n\n" + sep + "Subject: 2", []string{"Subject: 1\r\n\r\n", "Subject: 2"}},
		"empty message":     {0, sep + "\n" + sep + "Subject: 2\n\nx\n\n", []string{"\r\n", "Subject: 2\r\n\r\nx\r\n"}},
		"leading newlines":  {0, "\n\r\n" + sep + "Subject: 1\n\nx\n", []string{"Subject: 1\r\n\r\nx\r\n"}},
		"CRLF":              {0, crlf(sep + "Subject: 1\n\nbody\n>From x\n\n" + sep + "Subject: 2\n\nbody\n\n"), []string{"Subject: 1\r\n\r\nbody\r\nFrom x\r\n", "Subject: 2\r\n\r\nbody\r\n"}},
		"mixed line ends":   {0, sep + "Subject: 1\r\n\nbody\r\r\nx\ry\n\r\n" + sep + "Subject: 2\n\nz\r", []string{"Subject: 1\r\n\r\nbody\r\r\nx\ry\r\n", "Subject: 2\r\n\r\nz\r"}},
		"NUL and 8 bit":     {0, sep + "Subject: \xe4\n\n\x00\xff\n", []string{"Subject: \xe4\r\n\r\n\x00\xff\r\n"}},
		"joined":            {0, sep + "Subject: 1\n\nbody\n" + sep + "Subject: 2\n\nbody\n" + sep + "Subject: 3\n\nbody\n\n", []string{"Subject: 1\r\n\r\nbody\r\n", "Subject: 2\r\n\r\nbody\r\n", "Subject: 3\r\n\r\nbody\r\n\r\n"}},
		"joined once":       {0, sep + "Subject: 1\n\nbody\n" + sep + "Subject: 2\n\nbody\n\n" + sep + "Subject: 3\n\nbody\n\n" + sep + "Subject: 4\n\n", []string{"Subject: 1\r\n\r\nbody\r\n", "Subject: 2\r\n\r\nbody\r\n", "Subject: 3\r\n\r\nbody\r\n", "Subject: 4\r\n\r\n"}},
		"cut in the header": {0, sep + "Subject: 1\n" + sep + "Subject: 2\n\nbody\n", []string{"Subject: 1\r\n", "Subject: 2\r\n\r\nbody\r\n"}},

		"text From":          {0, sep + "Subject: 1\n\nFrom here on\n\nFrom there on\nFrom: x\n\nFromage\n\n", []string{"Subject: 1\r\n\r\nFrom here on\r\n\r\nFrom there on\r\nFrom: x\r\n\r\nFromage\r\n"}},
		"text like one":      {0, sep + "Subject: 1\n\n" + sep + "is what a separator looks like\n\nx\n" + sep + "\n", []string{crlf("Subject: 1\n\n" + sep + "is what a separator looks like\n\nx\n" + sep)}},
		"text From header":   {0, sep + "Subject: 1\n\nFrom me\nSubject: x\n\nFrom \nSubject: x\n\n", []string{"Subject: 1\r\n\r\nFrom me\r\nSubject: x\r\n\r\nFrom \r\nSubject: x\r\n"}},
		"passed on":          {0, sep + ">From b@example.org Tue Nov 14 22:13:20 2023\nSubject: 1\n\nx\n", []string{">From b@example.org Tue Nov 14 22:13:20 2023\r\nSubject: 1\r\n\r\nx\r\n"}},
		"first without date": {0, "From nobody\nSubject: 1\n\nx\n\nFrom nobody\nSubject: no\n", []string{"Subject: 1\r\n\r\nx\r\n\r\nFrom nobody\r\nSubject: no\r\n"}},

		"quoted":                        {0, sep + "Subject: 1\n\n>From a\n>>From b\n> From c\n>Fromage\n x>From d\n", []string{"Subject: 1\r\n\r\nFrom a\r\n>From b\r\n> From c\r\n>Fromage\r\n x>From d\r\n"}},
		"not quoted":                    {0, sep + "Subject: 1\n\nx\n\nFrom a\n>From b\n>>From c\n", []string{"Subject: 1\r\n\r\nx\r\n\r\nFrom a\r\n>From b\r\n>>From c\r\n"}},
		"quoted after empty lines only": {0, sep + "Subject: 1\n\nx\nFrom a\n\n>From b\n", []string{"Subject: 1\r\n\r\nx\r\nFrom a\r\n\r\nFrom b\r\n"}},
		"mboxo":                         {foreign.MboxO, sep + "Content-Length: 7\n\n>From a\n>>From b\n\nFrom c\n", []string{"Content-Length: 7\r\n\r\nFrom a\r\n>>From b\r\n\r\nFrom c\r\n"}},
		"mboxrd":                        {foreign.MboxRD, sep + "Content-Length: 8\n\n>From a\n>>From b\n\nFrom c\n", []string{"Content-Length: 8\r\n\r\nFrom a\r\n>From b\r\n\r\nFrom c\r\n"}},
		"mboxcl":                        {foreign.MboxCL, sep + "Content-Length: 18\nSubject: 1\n\n>From a\n>>From b\n\n\n" + sep + "Subject: 2\n\n>From x\n\nFrom y\n", []string{"Subject: 1\r\n\r\nFrom a\r\n>>From b\r\n\r\n", "Subject: 2\r\n\r\nFrom x\r\n\r\nFrom y\r\n"}},
		"mboxcl2":                       {foreign.MboxCL2, sep + "Subject: 1\nContent-Length: 58\n\n>From a\n\n" + sep + "x: y\n\n" + sep + "Subject: 2\n\n>From x\n", []string{crlf("Subject: 1\n\n>From a\n\n" + sep + "x: y\n"), "Subject: 2\r\n\r\n>From x\r\n"}},

		"length, quoted":                {0, sep + "Content-Length: 17\n\n>From a\n>>From b\n\n" + sep + "Subject: 2\n\n>>From c\n", []string{"\r\nFrom a\r\n>>From b\r\n", "Subject: 2\r\n\r\n>From c\r\n"}},
		"length, not quoted":            {0, sep + "Content-Length: 16\n\n>From a\nFrom b\n\n\n" + sep + "Subject: 2\n\nx\n", []string{"\r\n>From a\r\nFrom b\r\n\r\n", "Subject: 2\r\n\r\nx\r\n"}},
		"length at the end":             {0, sep + "Content-Length: 5\nA: b\n\ntext\n", []string{"A: b\r\n\r\ntext\r\n"}},
		"length then empty":             {0, sep + "Content-Length: 5\nA: b\n\ntext\n\n", []string{"A: b\r\n\r\ntext\r\n"}},
		"length, the empty line counts": {0, sep + "Content-Length: 6\nA: b\n\ntext\n\n" + sep + "A: c\n\n", []string{"A: b\r\n\r\ntext\r\n\r\n", "A: c\r\n\r\n"}},
		"length without newline":        {0, sep + "Content-Length: 4\nA: b\n\ntext\n\n" + sep + "A: c\n\n", []string{"A: b\r\n\r\ntext", "A: c\r\n\r\n"}},
		"length 0":                      {0, sep + "A: b\nContent-Length: 0\n\n\n" + sep + "A: c\n\n", []string{"A: b\r\n\r\n", "A: c\r\n\r\n"}},
		"length CRLF":                   {0, crlf(sep + "A: b\nContent-Length: 6\n\ntext\n\n" + sep + "A: c\n\n"), []string{"A: b\r\n\r\ntext\r\n", "A: c\r\n\r\n"}},
		"length too small":              {0, sep + "Content-Length: 3\nA: b\n\ntext\n\n" + sep + "A: c\n\n", []string{"Content-Length: 3\r\nA: b\r\n\r\ntext\r\n", "A: c\r\n\r\n"}},
		"length too large":              {0, sep + "Content-Length: 99999\nA: b\n\ntext\n\n" + sep + "A: c\n\n", []string{"Content-Length: 99999\r\nA: b\r\n\r\ntext\r\n", "A: c\r\n\r\n"}},
		"length absurd":                 {0, sep + "Content-Length: 9223372036854775807\nContent-Length: -1\nA: b\n\ntext\n", []string{"Content-Length: 9223372036854775807\r\nContent-Length: -1\r\nA: b\r\n\r\ntext\r\n"}},

		"Thunderbird":             {0, "From - Tue Nov 14 22:13:20 2023\nX-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\nX-Mozilla-Keys:                    \nSubject: 1\n\nx\n\nFrom - Tue Nov 14 22:13:21 2023\nSubject: 2\n\n>>From y\n\n", []string{"Subject: 1\r\n\r\nx\r\n", "Subject: 2\r\n\r\n>From y\r\n"}},
		"Thunderbird, bare":       {0, "From \r\nSubject: 1\r\n\r\nx\r\n\r\nFrom \r\nSubject: 2\r\n\r\ny\r\nFrom \r\n\r\nFrom \r\nno header\r\n\r\n", []string{"Subject: 1\r\n\r\nx\r\n", "Subject: 2\r\n\r\ny\r\nFrom \r\n\r\nFrom \r\nno header\r\n"}},
		"mailhaul, marked":        {0, "From 7.1.+0100.9L@mailhaul Tue Nov 14 22:13:20 2023\nStatus: RO\nA: b\n\nx\n\n", []string{"A: b\r\n\r\nx"}},
		"mailhaul, exported":      {0, "From 7.1.+0100.77L@mailhaul Tue Nov 14 22:13:20 2023\nX-Mailhaul-Status: RO\nX-Mailhaul-X-Mailhaul-X-UID : 7\nX-Mailhaul-Content-Length: 2\nX-Mailhaul-Other: x\nX-IMAPbase: 7 1\nX-UID: 1\nStatus: O\nX-Status: F\nX-Keywords: a\n\nx\n\n", []string{"Status: RO\r\nX-Mailhaul-X-UID : 7\r\nContent-Length: 2\r\nX-Mailhaul-Other: x\r\n\r\nx"}},
		"mailhaul, above":         {0, "From 7.1.+0100.3L@mailhaul Tue Nov 14 22:13:20 2023\nX-UID: 1\nStatus: O\nabc\n\n", []string{"abc"}},
		"mailhaul, CR":            {0, "From 7.1.+0100.21L@mailhaul Tue Nov 14 22:13:20 2023\nA: b\n\r\nC: d\nX-UID: 1\n\nx\r\n\n", []string{"A: b\r\n\r\r\nC: d\r\n\r\nx\r\r\n"}},
		"hidden by nobody":        {0, sep + "X-Mailhaul-Status: RO\n\nx\n", []string{"X-Mailhaul-Status: RO\r\n\r\nx\r\n"}},
		"mailhaul, changed":       {0, "From 7.1.+0100.99L@mailhaul Tue Nov 14 22:13:20 2023\nStatus: RO\nA: b\n\nx\n\n", []string{"A: b\r\n\r\nx\r\n"}},
		"mailhaul, looks removed": {0, "From 7.1.+0100.29L@mailhaul Tue Nov 14 22:13:20 2023\nX-Mozilla-Status: 0008\n\nx\n\n\n", []string{"X-Mozilla-Status: 0008\r\n\r\nx\r\n"}},
		"mailhaul":                {0, "From 7.1.+0100.14L@mailhaul Tue Nov 14 22:13:20 2023\nhello\n>From me\n\nFrom 7.2.+0100.7V@mailhaul Tue Nov 14 22:13:20 2023\na\nb\r\nx\n\n", []string{"hello\r\nFrom me", "a\nb\r\nx\n"}},
	}
}

func TestDialects(t *testing.T) {
	for name, c := range dialectCases() {
		t.Run(name, func(t *testing.T) {
			same(t, fetchMbox(t, c.text, foreign.Options{Dialect: c.dialect}), c.want)
		})
	}
}

// TestLongLines: a line longer than what is looked at at once is a line.
func TestLongLines(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	folded := "X-Keywords: a\n" + strings.Repeat(" "+strings.Repeat("k", 70)+"\n", 2000) + "X-UID: 1"
	text := "A: " + long + "\nStatus: RO\nX-Keywords: " + long + "\n" + folded + "\n\nx\nFrom " + long + "\n" + long + "From a\n" + strings.Repeat(">", 1<<10) + "From b\n" + long
	folded = strings.TrimSuffix(folded, "\nX-UID: 1")
	want := crlf("A: " + long + "\nX-Keywords: " + long + "\n" + folded + "\n\nx\nFrom " + long + "\n" + long + "From a\n" + strings.Repeat(">", 1<<10-1) + "From b\n" + long)
	got := fetchMbox(t, sep+text, foreign.Options{})
	if len(got) != 1 || got[0].octets != want {
		t.Errorf("%d messages", len(got))
	}
}

func TestParseDialect(t *testing.T) {
	for _, d := range []foreign.Dialect{foreign.Auto, foreign.MboxO, foreign.MboxRD, foreign.MboxCL, foreign.MboxCL2} {
		if got, err := foreign.ParseDialect(strings.ToUpper(d.String())); err != nil || got != d {
			t.Errorf("%s: %s, %v", d, got, err)
		}
	}
	if _, err := foreign.ParseDialect("mbx"); !errors.Is(err, mailhaul.ErrUsage) {
		t.Error(err)
	}
}
