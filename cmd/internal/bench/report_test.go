package bench_test

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// report prints what was measured and remembers what it was to be.
type report struct {
	w    io.Writer
	goal []goal
}

// goal is an aim and what was reached.
type goal struct {
	contest, entry, what, aim, got string
	reached                        bool
}

// header tells what may matter for the figures.
func (r *report) header(tb testing.TB) {
	tb.Helper()
	load, _ := os.ReadFile("/proc/loadavg") // none: not on Linux
	fmt.Fprintf(r.w, "\n%s, %s/%s, %d CPUs, load %s\n%s\n%s\n", time.Now().Format(time.DateOnly),
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), cmp.Or(first(string(load)), "unknown"),
		version("dovecot"), version("mbsync"))
	if installed("interimap") {
		fmt.Fprintln(r.w, version("interimap"))
	}
	for _, dir := range []string{setup.tmpfs, setup.disk} {
		if dir != "" {
			kind, _ := exec.Command("stat", "-f", "-c", "%T", dir).Output()
			fmt.Fprintf(r.w, "%s: %s\n", dir, cmp.Or(strings.TrimSpace(string(kind)), "unknown file system"))
		}
	}
	fmt.Fprintf(r.w, `Rounds: %d. Median (least..most); ratios are those of two runs of one round, below 1 is faster than the other.
Server and program share the CPUs. What is written on the disk stays there until the end: ext4 makes new files
ten times slower for minutes after many were deleted, so do not start this again at once.
`, setup.rounds)
}

// first returns the first word of text.
func first(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}

// table prints the results of one contest.
func (r *report) table(c contest, results []result) {
	fmt.Fprintf(r.w, "\n%s, %s\n", c.account.title(), c.title)
	t := tabwriter.NewWriter(r.w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "  program\tseconds\tCPU seconds\tpeak MiB\t× floor\t× mbsync\n")
	for _, x := range results {
		fmt.Fprintf(t, "  %s\t%s\t%.2f\t%.0f\t%s\t%s\n", x.name, spreadOf(x.seconds()),
			spreadOf(x.each(func(m measured) float64 { return m.CPU.Seconds() })).median,
			float64(x.peak())/(1<<20), against(x, results, floor), against(x, results, mbsync))
		r.hold(c, x, results)
	}
	_ = t.Flush()
}

// against returns the spread of an entry's ratios to another one of its format.
func against(x result, results []result, other kind) string {
	seconds := secondsOf(results, other, x.format)
	if len(seconds) == 0 || x.kind == other || x.kind == floor {
		return ""
	}
	return spreadOf(ratios(x.seconds(), seconds)).String()
}

// secondsOf returns what the entry of a kind with a format took, round by round:
// of floors that do each a part, the slowest.
func secondsOf(results []result, k kind, format string) (slowest []float64) {
	for _, r := range results {
		if r.kind != k || r.format != format {
			continue
		}
		seconds := r.seconds()
		if slowest == nil {
			slowest = seconds
		}
		slowest = slowest[:min(len(slowest), len(seconds))] // rounds in which all took part
		for i := range slowest {
			slowest[i] = max(slowest[i], seconds[i])
		}
	}
	return slowest
}

// hold holds the figures of an entry against what they were to be.
func (r *report) hold(c contest, x result, results []result) {
	where := c.account.set + " " + c.title
	add := func(what, aim, got string, reached bool) {
		r.goal = append(r.goal, goal{where, x.name, what, aim, got, reached})
	}
	if x.ratio > 0 {
		got := spreadOf(ratios(x.seconds(), secondsOf(results, floor, x.format)))
		add("× floor", fmt.Sprintf("≤ %.2f", x.ratio), got.String(), got.median <= x.ratio)
	}
	if x.wall > 0 {
		got := spreadOf(x.seconds())
		add("seconds", fmt.Sprintf("< %.2f", x.wall.Seconds()), got.String(), got.median < x.wall.Seconds())
	}
	if x.memory > 0 {
		add("peak MiB", fmt.Sprintf("< %d", x.memory>>20), fmt.Sprintf("%.0f", float64(x.peak())/(1<<20)), x.peak() < x.memory)
	}
}

// aims prints what was to be reached and returns how much of it was not.
func (r *report) aims() (missed int) {
	fmt.Fprint(r.w, "\nAims\n")
	t := tabwriter.NewWriter(r.w, 0, 0, 2, ' ', 0)
	for _, g := range r.goal {
		verdict := "reached"
		if !g.reached {
			verdict = "MISSED"
			missed++
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", g.contest, g.entry, g.what, g.aim, g.got, verdict)
	}
	_ = t.Flush()
	fmt.Fprintln(r.w)
	return missed
}

func (r result) each(figure func(measured) float64) []float64 {
	out := make([]float64, len(r.runs))
	for i, m := range r.runs {
		out[i] = figure(m)
	}
	return out
}

func (r result) seconds() []float64 {
	return r.each(func(m measured) float64 { return m.Wall.Seconds() })
}

// peak is the most memory that any run took, in octets.
func (r result) peak() int64 {
	var most int64
	for _, m := range r.runs {
		most = max(most, m.PeakMemory)
	}
	return most
}
