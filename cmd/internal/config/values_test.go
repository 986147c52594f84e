package config_test

import (
	"testing"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

func TestParseRate(t *testing.T) {
	tests := []struct {
		text string
		want int64
		bad  bool
	}{
		{text: "", want: 0},
		{text: "1", want: 1},
		{text: "2M", want: 2_000_000},
		{text: "500k", want: 500_000},
		{text: "1.5MB/s", want: 1_500_000},
		{text: "1Ki", want: 1024},
		{text: "2MiB", want: 2 << 20},
		{text: "1G", want: 1_000_000_000},
		{text: "0", bad: true},
		{text: "-1", bad: true},
		{text: "fast", bad: true},
		{text: "NaN", bad: true},
		{text: "Inf", bad: true},
		{text: "1e300G", bad: true},
		{text: "M", bad: true},
	}
	for _, tt := range tests {
		var p config.Problems
		if got := config.ParseRate("--limit-rate", tt.text, &p); got != tt.want || (p.Err() != nil) != tt.bad {
			t.Errorf("%q: got %d, %v", tt.text, got, p.Err())
		}
	}
}

func TestParseTimeout(t *testing.T) {
	tests := []struct {
		text string
		want time.Duration
		bad  bool
	}{
		{text: "", want: 0},
		{text: "90", want: 90 * time.Second},
		{text: "2m", want: 2 * time.Minute},
		{text: "0", bad: true},
		{text: "-5s", bad: true},
		{text: "1ms", bad: true},
		{text: "soon", bad: true},
		{text: "48h", bad: true},
	}
	for _, tt := range tests {
		var p config.Problems
		if got := config.ParseTimeout("--timeout", tt.text, &p); got != tt.want || (p.Err() != nil) != tt.bad {
			t.Errorf("%q: got %s, %v", tt.text, got, p.Err())
		}
	}
}

func TestParseCountAndChoice(t *testing.T) {
	for text, want := range map[string]int{"": 0, "1": 1, "32": 32, "33": -1, "0": -1, "x": -1} {
		var p config.Problems
		if got := config.ParseCount("--connections", text, 32, &p); (p.Err() != nil) != (want < 0) || (want >= 0 && got != want) {
			t.Errorf("count %q: got %d, %v", text, got, p.Err())
		}
	}
	for text, want := range map[string]string{"": "", "MBOX": "mbox", "maildir": "maildir", "mdir": "!"} {
		var p config.Problems
		if got := config.ParseChoice("--format", text, []string{"maildir", "mbox"}, &p); (p.Err() != nil) != (want == "!") || (want != "!" && got != want) {
			t.Errorf("choice %q: got %q, %v", text, got, p.Err())
		}
	}
}

func TestNearest(t *testing.T) {
	commands := []string{"backup", "ls", "show", "verify", "demo", "version", "help"}
	for word, want := range map[string]string{
		"bakcup": "backup", "bakup": "backup", "lst": "ls", "verfy": "verify", "vreify": "verify",
		"restore": "", "x": "", "sl": "ls",
	} {
		if got := config.Nearest(word, commands); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}
