package mailhaul_test

import (
	"testing"

	"github.com/mailhaul/mailhaul"
)

func TestUIDPlaces(t *testing.T) {
	for _, c := range []struct {
		place     string
		at, least mailhaul.UID
	}{
		{mailhaul.UID(7).Place(), 7, 7},
		{mailhaul.UID(7).PlaceFrom(), 0, 7},
		{mailhaul.UID(0).PlaceFrom(), 0, 1},
		{mailhaul.UID(0).Place(), 0, 1},
		{"0", 0, 1},
		{":*", 0, 1},
		{"99999999999:*", 0, 1},
	} {
		if at, least := mailhaul.UIDAt(c.place), mailhaul.LowestUIDAt(c.place); at != c.at || least != c.least {
			t.Errorf("%q: %d, at least %d, want %d, %d", c.place, at, least, c.at, c.least)
		}
	}
}
