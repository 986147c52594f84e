package config

import (
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ParseRate reads octets per second: a number, with K, M or G (powers of 1000)
// or Ki, Mi, Gi (powers of 1024) behind it, and an optional B. "" is 0, no
// limit.
func ParseRate(flag, text string, p *Problems) int64 {
	n, ok := octets(strings.TrimSuffix(strings.ToLower(text), "/s"))
	if !ok {
		p.Addf("%s: %q is not a rate; write octets per second, as in 500K or 2M", flag, text)
	}
	return n
}

// ParseSize reads a number of octets as ParseRate does. "" is 0, no limit.
func ParseSize(flag, text string, p *Problems) int64 {
	n, ok := octets(strings.ToLower(text))
	if !ok {
		p.Addf("%s: %q is not a size; write octets, as in 500K or 25M", flag, text)
	}
	return n
}

func octets(text string) (n int64, ok bool) {
	if text == "" {
		return 0, true
	}
	number := strings.TrimSuffix(text, "b")
	factor := 1.0
	for _, u := range []struct {
		suffix string
		factor float64
	}{{"ki", 1 << 10}, {"mi", 1 << 20}, {"gi", 1 << 30}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}} {
		if rest, found := strings.CutSuffix(number, u.suffix); found {
			number, factor = rest, u.factor
			break
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	// The comparison also refuses NaN.
	if err != nil || !(value*factor >= 1 && value*factor <= 1e15) {
		return 0, false
	}
	return int64(value * factor), true
}

// ParseDate reads a day such as 2024-12-31. "" is the zero time.
func ParseDate(flag, text string, p *Problems) time.Time {
	if text == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1 {
		p.Addf("%s: %q is not a date; write it as in 2024-12-31", flag, text)
		return time.Time{}
	}
	return day
}

// ParseTimeout reads a duration such as 90s or 2m; a bare number is seconds.
// "" is 0, the default.
func ParseTimeout(flag, text string, p *Problems) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if n, numErr := strconv.ParseUint(text, 10, 31); numErr == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || d < time.Second || d > 24*time.Hour {
		p.Addf("%s: %q is not a time from 1s to 24h; write it as in 90s or 2m", flag, text)
		return 0
	}
	return d
}

// ParseCount reads a number from 1 to most. "" is 0, the default.
func ParseCount(flag, text string, most int, p *Problems) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		p.Addf("%s: %q is not a number from 1 to %d", flag, text, most)
		return 0
	}
	return n
}

// ParseConnections reads a number of connections. "" is 0, the default.
func ParseConnections(flag, text string, p *Problems) int {
	return ParseCount(flag, text, mostConnections, p)
}

// ParseJobs reads a number of jobs. "" is 0, the default.
func ParseJobs(flag, text string, p *Problems) int { return ParseCount(flag, text, mostJobs, p) }

// ExpandHome puts the home directory in the place of a leading ~/: the shell does
// not do it within a URL.
func ExpandHome(path, home string) string {
	if rest, found := strings.CutPrefix(path, "~/"); found && home != "" {
		return filepath.Join(home, rest)
	}
	return path
}

// ParseChoice reads one of some words, in any case. "" is "", the default.
func ParseChoice(flag, text string, choices []string, p *Problems) string {
	if text == "" {
		return ""
	}
	for _, c := range choices {
		if strings.EqualFold(c, text) {
			return c
		}
	}
	p.Addf("%s: %q is not one of %s%s", flag, text, strings.Join(choices, ", "), DidYouMean(text, choices))
	return ""
}

// ParsePeriod reads a number of days, weeks, months of 30 days or years of 365
// days, up to a hundred years: 90d, 12w, 6m, 2y. "" is 0.
func ParsePeriod(flag, text string, p *Problems) time.Duration {
	if text == "" {
		return 0
	}
	const most = 100 * 365 // days: a Duration holds 292 years
	days := map[byte]uint64{'d': 1, 'w': 7, 'm': 30, 'y': 365}[text[len(text)-1]]
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 16)
	if err != nil || n == 0 || days == 0 || n*days > most {
		p.Addf("%s: %q is not a period; write it as in 90d, 12w, 6m or 2y", flag, text)
		return 0
	}
	return time.Duration(n*days) * 24 * time.Hour
}

// ParseAge reads a duration in hours or minutes, 36h, or a period, 3d. "" is 0.
func ParseAge(flag, text string, p *Problems) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		var of Problems
		d = ParsePeriod(flag, text, &of)
	}
	if d < time.Minute {
		p.Addf("%s: %q is no time of a minute or more; write it as in 36h or 3d", flag, text)
		return 0
	}
	return d
}

// ParseBudget reads a number of octets a day, 2000M/day, as ParseSize reads
// octets. "" is 0, no limit.
func ParseBudget(flag, text string, p *Problems) int64 {
	number, found := strings.CutSuffix(strings.ToLower(text), "/day")
	n, ok := octets(number)
	if !ok || text != "" && (!found || number == "") {
		p.Addf("%s: %q is not a budget; write octets a day, as in 2000M/day", flag, text)
	}
	return n
}

// checkURL holds that text is the URL of something on the web.
func checkURL(label, text string, p *Problems) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		p.Addf("%s: this is not a URL; write https://HOST/PATH", label) // it may be a secret
	}
}
