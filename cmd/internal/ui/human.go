package ui

import (
	"fmt"
	"strconv"
	"time"
)

// Octets tells a size for people: 999 B, 1.2 KB, 67 MB (powers of 1000).
func Octets(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	v, units := float64(n), "KMGTPE"
	i := -1
	// 999.5 would be shown as 1000 of the smaller unit.
	for v >= 999.5 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	digits := 0
	if v < 9.95 {
		digits = 1
	}
	return fmt.Sprintf("%.*f %cB", digits, v, units[i])
}

// Count tells a number with its noun: 1 message, 2 messages.
func Count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}

// Elapsed tells a duration for people: 0.4 s, 12 s, 3m20s.
func Elapsed(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// timeLeft tells roughly how long something will take: 34 s, 12 min, 3 h 20 min.
func timeLeft(d time.Duration) string {
	minutes := int64(d.Round(time.Minute) / time.Minute)
	switch {
	case d < 99*time.Second:
		return fmt.Sprintf("%d s", int64(d.Seconds()))
	case minutes < 100:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	}
	return fmt.Sprintf("%d days", minutes/60/24)
}
