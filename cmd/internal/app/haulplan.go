package app

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
)

// haulPlanObject is what a dry run says of a folder, as a line of JSON.
type haulPlanObject struct {
	Event        string `json:"event"`
	Folder       string `json:"folder"`
	Target       string `json:"target"`
	New          int64  `json:"new"`
	NewOctets    int64  `json:"new_octets"` // -1: unknown
	TooLarge     int64  `json:"too_large"`
	NotChosen    int64  `json:"not_chosen"`
	FlagsChanged int64  `json:"flags_changed"`
	Note         string `json:"note,omitempty"`
}

// roomObject is what a dry run says of the account, as a line of JSON.
type roomObject struct {
	Event      string `json:"event"`
	NewOctets  int64  `json:"new_octets"`  // -1: unknown
	QuotaUsed  int64  `json:"quota_used"`  // in octets, -1: unknown
	QuotaTotal int64  `json:"quota_total"` // in octets, -1: unknown
	LargestFit int64  `json:"message_limit"`
}

// tellHaulPlans writes what a haul would do to standard output.
func tellHaulPlans(u *ui.UI, s migrate.Summary, match bool) {
	var rows [][]string
	octets := int64(0)
	for _, p := range s.Plans {
		if octets >= 0 && p.NewOctets >= 0 {
			octets += p.NewOctets
		} else {
			octets = -1
		}
		if u.JSON() {
			u.Object(haulPlanObject{"folder-plan", ui.Text(p.Folder), ui.Text(p.At), p.New, p.NewOctets, p.TooLarge, p.NotChosen, p.FlagsChanged, ui.Text(p.Note)})
			continue
		}
		name := p.Folder
		if p.At != "" && p.At != p.Folder {
			name += " -> " + p.At
		}
		if p.Note != "" {
			name += "  (" + p.Note + ")"
		}
		rows = append(rows, []string{known(p.New), octetsOrUnknown(p.NewOctets), known(p.TooLarge + p.NotChosen), known(p.FlagsChanged), name})
	}
	if u.JSON() {
		u.Object(roomObject{"room", octets, s.Limits.Used, s.Limits.Total, s.Limits.Message})
		return
	}
	u.Print(ui.Table([]ui.Column{
		{Title: "NEW", Right: true}, {Title: "OCTETS", Right: true}, {Title: "LEFT OUT", Right: true},
		{Title: "FLAGS", Right: true}, {Title: "FOLDER"},
	}, rows))
	u.Print(toCopy(s.Counts.New, octets, match) + roomText(s, octets))
}

// toCopy says how much is to be copied and how long it may last. What will be
// matched with the account may be there already.
func toCopy(messages, octets int64, match bool) string {
	text := "\nto copy: "
	if match && messages > 0 {
		text += "at most "
	}
	text += ui.Count(messages, "message")
	switch {
	case octets < 0:
		text += ", of unknown size"
	case octets < 10_000_000:
		text += ", " + ui.Octets(octets)
	default:
		text += fmt.Sprintf(", %s; at 10 MB/s about %s, at 1 MB/s about %s",
			ui.Octets(octets), ui.Elapsed(seconds(octets/10_000_000)), ui.Elapsed(seconds(octets/1_000_000)))
	}
	return text + "\n"
}

// roomText says what the account takes.
func roomText(s migrate.Summary, octets int64) string {
	var b strings.Builder
	if s.Limits.Total >= 0 {
		free := max(0, s.Limits.Total-s.Limits.Used)
		fmt.Fprintf(&b, "quota: %s of %s used, %s free", ui.Octets(s.Limits.Used), ui.Octets(s.Limits.Total), ui.Octets(free))
		if octets > free {
			b.WriteString(": that is NOT ENOUGH")
		}
		b.WriteByte('\n')
	}
	if s.Limits.Message >= 0 {
		fmt.Fprintf(&b, "the account takes messages of up to %s\n", ui.Octets(s.Limits.Message))
	}
	return b.String()
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

func known(n int64) string {
	if n < 0 {
		return "?"
	}
	return strconv.FormatInt(n, 10)
}

func octetsOrUnknown(n int64) string {
	if n < 0 {
		return "?"
	}
	return ui.Octets(n)
}
