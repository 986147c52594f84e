package ui_test

import (
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

func TestTable(t *testing.T) {
	got := ui.Table([]ui.Column{{Title: "N", Right: true}, {Title: "NAME"}, {Title: "NOTE"}}, [][]string{
		{"1", "日本", "a\x1b"},
		{"200", "abc", ""},
	})
	want := "  N  NAME  NOTE\n  1  日本  a\\x1b\n200  abc   \n"
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

func TestFit(t *testing.T) {
	tests := []struct {
		text  string
		cells int
		want  string
	}{
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"👩‍👩‍👧x日", 4, "👩‍👩‍👧x…"},
	}
	for _, tt := range tests {
		if got := ui.Fit(tt.text, tt.cells); got != tt.want {
			t.Errorf("Fit(%q, %d) = %q, want %q", tt.text, tt.cells, got, tt.want)
		}
	}
}

func TestHuman(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 KB", 9949: "9.9 KB", 9950: "10 KB", 999_499: "999 KB",
		999_500: "1.0 MB", 67_000_000: "67 MB", 5_400_000_000: "5.4 GB",
	} {
		if got := ui.Octets(n); got != want {
			t.Errorf("%d octets: got %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		400 * time.Millisecond: "0.4 s", 12 * time.Second: "12 s", 200 * time.Second: "3m20s",
	} {
		if got := ui.Elapsed(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
	if one, two := ui.Count(1, "message"), ui.Count(2, "message"); one != "1 message" || two != "2 messages" {
		t.Errorf("got %q and %q", one, two)
	}
}
