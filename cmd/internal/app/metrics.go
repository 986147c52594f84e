package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// writeMetrics writes the figures of all jobs.
func writeMetrics(ctx context.Context, env Env, f *config.File, name string) error {
	return writeMetricsOf(jobStandings(ctx, env, f), env.Now(), name)
}

// writeMetricsOf writes figures in the text format of Prometheus, for the textfile
// collector of its node exporter: the file is there whole, or as it was before.
func writeMetricsOf(all []standing, now time.Time, name string) error {
	if err := config.WriteWhole(name, []byte(metricsText(all, now)), 0o644); err != nil {
		return fmt.Errorf("--metrics-file: %w", err)
	}
	return nil
}

func metricsText(all []standing, now time.Time) string {
	var b strings.Builder
	metric := func(name, help string, value func(standing) (int64, bool)) {
		fmt.Fprintf(&b, "# HELP mailhaul_%s %s\n# TYPE mailhaul_%s gauge\n", name, help, name)
		for _, s := range all {
			if v, known := value(s); known {
				fmt.Fprintf(&b, "mailhaul_%s{job=\"%s\",account=\"%s\"} %d\n", name, label(s.name), label(s.account), v)
			}
		}
	}
	metric("last_success_timestamp_seconds", "When the last good run ended.", func(s standing) (int64, bool) { return s.good.End.Unix(), !s.good.End.IsZero() })
	metric("last_run_timestamp_seconds", "When the last run began.", func(s standing) (int64, bool) { return s.last.Start.Unix(), s.last.ID != 0 })
	metric("last_run_good", "1 when the last run came to its end.", func(s standing) (int64, bool) {
		if s.last.ID != 0 && s.last.ID == s.good.ID {
			return 1, true
		}
		return 0, true
	})
	metric("last_run_new_messages", "Messages that the last good run brought.", func(s standing) (int64, bool) { return s.good.New, s.good.ID != 0 })
	metric("messages", "Messages in the ledger.", func(s standing) (int64, bool) { return s.messages, s.err == nil })
	metric("octets", "Octets of the messages that are on the server.", func(s standing) (int64, bool) { return s.octets, s.err == nil })
	metric("failures", "Messages that failed and wait to be tried again.", func(s standing) (int64, bool) { return s.failures, s.err == nil })
	fmt.Fprintf(&b, "# HELP mailhaul_written_timestamp_seconds When this file was written.\n# TYPE mailhaul_written_timestamp_seconds gauge\nmailhaul_written_timestamp_seconds %d\n", now.Unix())
	return b.String()
}

// label escapes the value of a label.
func label(text string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(text, "\uFFFD"))
}
