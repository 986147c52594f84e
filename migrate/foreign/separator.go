package foreign

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul/archive/mbox"
)

// maxSeparator is the longest separator line, in octets.
const maxSeparator = 1024

var from = []byte("From ")

// separator is what a separator line says.
type separator struct {
	date time.Time // zero for none
	// written tells that date is when a program wrote the line.
	written bool
	// bare tells that there is neither an address nor a date.
	bare bool
	// ours is what mailhaul's own line carries, nil for another program's.
	ours *mbox.Separator
}

// parseSeparator reads a line that begins with "From ", with or without its
// line end. ok is false for one that does not look like a separator: those have
// a date in one of the forms that programs write
//
//	From a@b Tue Nov 14 22:13:20 2023            asctime; RFC 4155
//	From a@b Tue Nov 14 22:13 2023               without seconds
//	From a@b Tue Nov 14 22:13:20 CET 2023        with a zone, before or
//	From a@b Tue Nov 14 22:13:20 2023 +0100      behind the year
//	From a@b Tue Nov 14 22:13:20 23 remote from x
//	From a@b Tue, 14 Nov 2023 22:13:20 +0100     RFC 5322
//	From - Tue Nov 14 22:13:20 2023              Thunderbird
//
// or are bare, which Thunderbird writes now.
func parseSeparator(line []byte) (s separator, ok bool) {
	if len(line) > maxSeparator || !bytes.HasPrefix(line, from) {
		return s, false
	}
	line = bytes.TrimRight(line, "\r\n")
	if ours, isOurs := mbox.ParseSeparator(line); isOurs {
		return separator{date: ours.InternalDate, ours: &ours}, true
	}
	words := strings.Fields(string(line[len(from):]))
	if len(words) == 0 || len(words) == 1 && words[0] == "-" {
		return separator{bare: true}, true
	}
	s.written = words[0] == "-"
	for i := len(words) - 4; i >= 0; i-- {
		if !isWeekday(strings.TrimSuffix(words[i], ",")) {
			continue
		}
		if s.date, ok = parseDate(words[i+1:]); ok {
			return s, true
		}
	}
	return separator{}, false
}

func isWeekday(word string) bool {
	return slices.Contains([]string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}, word)
}

// parseDate reads what follows the day of the week.
func parseDate(words []string) (time.Time, bool) {
	if n := len(words); n > 3 && words[n-3] == "remote" && words[n-2] == "from" { // UUCP
		words = words[:n-3]
	}
	if len(words) < 4 {
		return time.Time{}, false
	}
	month, day := monthOf(words[0]), words[1]
	clock, rest := words[2], words[3:]
	if month == 0 { // RFC 5322: day, month, year, time
		month, day = monthOf(words[1]), words[0]
		clock, rest = words[3], append([]string{words[2]}, words[4:]...)
	}
	hour, minute, second, ok := parseClock(clock)
	d, err := strconv.Atoi(day)
	if month == 0 || !ok || err != nil || d < 1 || d > 31 {
		return time.Time{}, false
	}
	year, zone := 0, time.UTC
	for _, word := range rest {
		if y, isYear := parseYear(word); isYear && year == 0 {
			year = y
			continue
		}
		z, isZone := parseZone(word)
		if !isZone {
			return time.Time{}, false
		}
		zone = z
	}
	if year == 0 || len(rest) > 3 {
		return time.Time{}, false
	}
	t := time.Date(year, month, d, hour, minute, second, 0, zone)
	return t, t.Day() == d
}

func monthOf(word string) time.Month {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	if i := strings.Index(names, word); len(word) == 3 && i%3 == 0 && i >= 0 {
		return time.Month(i/3 + 1)
	}
	return 0
}

func parseClock(word string) (hour, minute, second int, ok bool) {
	parts := strings.Split(word, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return 0, 0, 0, false
	}
	var n [3]int
	for i, part := range parts {
		value, err := strconv.ParseUint(part, 10, 8)
		if err != nil || len(part) > 2 {
			return 0, 0, 0, false
		}
		n[i] = int(value)
	}
	return n[0], n[1], n[2], n[0] < 24 && n[1] < 60 && n[2] <= 60
}

// parseYear reads a year of four digits, or of two from before 2069.
func parseYear(word string) (int, bool) {
	y, err := strconv.ParseUint(word, 10, 16)
	switch {
	case err != nil:
		return 0, false
	case len(word) == 2 && y < 69:
		return int(y) + 2000, true
	case len(word) == 2:
		return int(y) + 1900, true
	}
	return int(y), len(word) == 4 && y >= 1900
}

// parseZone reads +0100 and the names of RFC 5322, 4.3; any other name of
// letters is a zone, too, but nobody knows which: it is taken for UTC.
func parseZone(word string) (*time.Location, bool) {
	if len(word) == 5 && (word[0] == '+' || word[0] == '-') {
		n, err := strconv.ParseUint(word[1:], 10, 16)
		if err != nil || n%100 > 59 || n > 2400 {
			return nil, false
		}
		seconds := int(n/100*60+n%100) * 60
		if word[0] == '-' {
			seconds = -seconds
		}
		return time.FixedZone("", seconds), true
	}
	hours := map[string]int{"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
		"MET": 1, "CET": 1, "MEZ": 1, "MEST": 2, "MESZ": 2, "CEST": 2, "EET": 2, "EEST": 3, "BST": 1, "WEST": 1}
	if h, known := hours[word]; known {
		return time.FixedZone("", h*3600), true
	}
	if len(word) < 2 || len(word) > 5 || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil, false
	}
	return time.UTC, true
}

// beginsHeader tells whether text begins like the header of a message.
func beginsHeader(text []byte) bool {
	if bytes.HasPrefix(text, []byte(">From ")) { // a separator that was passed on
		return true
	}
	for i, c := range text {
		switch {
		case c == ':':
			return i > 0
		case c <= ' ' || c > '~':
			return false
		}
	}
	return false
}
