package mbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/mbox"
)

func TestSeparator(t *testing.T) {
	zone := time.FixedZone("", -(3*3600 + 1800))
	tests := map[string]struct {
		separator mbox.Separator
		want      string
	}{
		"LF": {mbox.Separator{UIDValidity: 1699999999, UID: 4711, Size: 4617, LineEnds: mailhaul.LF,
			InternalDate: time.Date(2023, 11, 14, 22, 13, 20, 0, zone)},
			"From 1699999999.4711.-0330.4617L@mailhaul Wed Nov 15 01:43:20 2023\n"},
		"verbatim": {mbox.Separator{UIDValidity: 1, UID: 2, InternalDate: time.Date(2023, 1, 2, 3, 4, 5, 0, time.UTC)},
			"From 1.2.+0000.0V@mailhaul Mon Jan  2 03:04:05 2023\n"},
		"no date": {mbox.Separator{UIDValidity: 4294967295, UID: 4294967295, Size: 1 << 40},
			"From 4294967295.4294967295.none.1099511627776V@mailhaul Thu Jan  1 00:00:00 1970\n"},
		"year 2": {mbox.Separator{UIDValidity: 1, UID: 1, InternalDate: time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC)},
			"From 1.1.+0000.0V@mailhaul Tue Jan  1 00:00:00 0002\n"},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			line, err := test.separator.Append([]byte("x"))
			if err != nil || string(line) != "x"+test.want {
				t.Fatalf("Append = %q, %v, want %q", line, err, test.want)
			}
			got, ok := mbox.ParseSeparator([]byte(test.want))
			if !ok || !got.InternalDate.Equal(test.separator.InternalDate) {
				t.Fatalf("ParseSeparator = %+v, %v", got, ok)
			}
			got.InternalDate = test.separator.InternalDate
			if got != test.separator {
				t.Errorf("ParseSeparator = %+v, want %+v", got, test.separator)
			}
			i, letter := mbox.LineEndsAt([]byte(test.want), mailhaul.Verbatim)
			changed := []byte(test.want)
			changed[i] = letter
			if got, ok := mbox.ParseSeparator(changed); !ok || got.LineEnds != mailhaul.Verbatim {
				t.Errorf("changed to %q: %+v, %v", changed, got, ok)
			}
		})
	}
}

func TestParseSeparatorRefuses(t *testing.T) {
	for _, line := range []string{
		"",
		"From \n",
		"From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n",
		"From 1.2.+0000.0V@mailhaul\n",
		"From 1.2.+0000.0V@mailhaul Thu Jan 1 00:00:00 1970\n",
		"From 1.2.+0000.0V@mailhaul Fri Jan  1 00:00:00 1970\n",
		"From 1.2.+0000.0X@mailhaul Thu Jan  1 00:00:00 1970\n",
		"From 01.2.+0000.0V@mailhaul Thu Jan  1 00:00:00 1970\n",
		"From 1.2.0000.0V@mailhaul Thu Jan  1 00:00:00 1970\n",
		"from 1.2.+0000.0V@mailhaul Thu Jan  1 00:00:00 1970\n",
		"From 1.2.+0000.0V@mailhaul Thu Jan  1 00:00:00 1970\r\n",
		strings.Repeat("From ", 100),
	} {
		if s, ok := mbox.ParseSeparator([]byte(line)); ok {
			t.Errorf("ParseSeparator(%q) = %+v, want none", line, s)
		}
	}
}
