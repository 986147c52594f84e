// Package zone writes the zone of a date beside its Unix seconds, as Maildir
// names and mbox separators carry both, and reads it back.
package zone

import (
	"fmt"
	"strconv"
	"time"
)

// Of spells the zone of a date as RFC 5322 does, "none" for the zero date.
func Of(t time.Time) string {
	if t.IsZero() {
		return "none"
	}
	_, offset := t.Zone()
	sign, minutes := byte('+'), offset/60
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	return fmt.Sprintf("%c%02d%02d", sign, minutes/60, minutes%60)
}

// Date returns the date of Unix seconds in a zone that [Of] spelled, and the
// zero date for "none".
func Date(unix int64, zone string) (time.Time, error) {
	if zone == "none" {
		return time.Time{}, nil
	}
	if len(zone) != 5 || (zone[0] != '+' && zone[0] != '-') {
		return time.Time{}, fmt.Errorf("parse zone: %q is none", zone)
	}
	hhmm, err := strconv.ParseUint(zone[1:], 10, 16)
	if err != nil || hhmm%100 > 59 {
		return time.Time{}, fmt.Errorf("parse zone: %q is none", zone)
	}
	seconds := int(hhmm/100*60+hhmm%100) * 60
	if zone[0] == '-' {
		seconds = -seconds
	}
	return time.Unix(unix, 0).In(time.FixedZone("", seconds)), nil
}
