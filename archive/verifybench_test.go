package archive_test

import (
	"fmt"
	"io/fs"
	"iter"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	mail "github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// BenchmarkVerify verifies an archive that the system has in memory, and lets
// sha256sum read the same files in turn: x/sha256sum is how many times faster
// than it, which is one process, verify is. M is the account of that name of
// docs/benchmarks.md, with the real mail of the tests among it.
func BenchmarkVerify(b *testing.B) {
	for _, format := range formats {
		for _, set := range []struct{ messages, size int }{{20_000, 1_500}, {4_000, 17_000}, {30, 3_000_000}} {
			b.Run(fmt.Sprintf("%s/%dx%d", format, set.messages, set.size), func(b *testing.B) {
				benchmarkVerify(b, format, func(yield func([]byte) bool) {
					text := sample(set.size)
					for i := 0; i < set.messages && yield(text); i++ {
					}
				})
			})
		}
		b.Run(string(format)+"/M", func(b *testing.B) { benchmarkVerify(b, format, accountM(b)) })
	}
}

// accountM yields real mail, and made-up mail up to the size of a usual account.
func accountM(b *testing.B) iter.Seq[[]byte] {
	b.Helper()
	return func(yield func([]byte) bool) {
		var octets int64
		for _, text := range imaptest.Corpus(b) {
			text = mail.CRLF(text)
			if octets += int64(len(text)); !yield(text) {
				return
			}
		}
		set := mail.M()
		for _, m := range set.All([]string{"INBOX"}) {
			if octets += int64(len(m.Body)); octets > set.Octets || !yield(m.Body) {
				return
			}
		}
	}
}

func benchmarkVerify(b *testing.B, format archive.Format, texts iter.Seq[[]byte]) {
	ctx, dir := b.Context(), filepath.Join(b.TempDir(), "archive")
	a, err := archive.Open(ctx, dir, archive.Options{Format: format})
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	a.Receipts(func(rs []mailhaul.Receipt) error { return a.Ledger().Record(ctx, 1, rs) })
	f := &mailhaul.Folder{Name: "INBOX", UIDValidity: 7}
	if err := a.Prepare(ctx, []*mailhaul.Folder{f}); err != nil {
		b.Fatal(err)
	}
	if err := a.Ledger().PutFolders(ctx, 1, []*mailhaul.Folder{f}); err != nil {
		b.Fatal(err)
	}
	var messages, octets int64
	for text := range texts {
		messages, octets = messages+1, octets+int64(len(text))
		if err := a.Store(ctx, message(f, mailhaul.UID(messages), text)); err != nil {
			b.Fatal(err)
		}
	}
	if err := a.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	var names strings.Builder
	err = filepath.WalkDir(filepath.Join(dir, "mail"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names.WriteString(path + "\x00")
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	var ours, sums time.Duration
	b.SetBytes(octets)
	for b.Loop() {
		b.StopTimer()
		begin := time.Now()
		c := exec.CommandContext(ctx, "xargs", "-0", "sha256sum")
		c.Stdin = strings.NewReader(names.String())
		if err := c.Run(); err != nil {
			b.Fatal(err)
		}
		sums += time.Since(begin)
		b.StartTimer()
		begin = time.Now()
		report, err := a.VerifyPart(ctx, archive.VerifyOptions{})
		ours += time.Since(begin)
		if err != nil || report.Messages != messages || report.Damaged > 0 {
			b.Fatalf("%+v, %v", report, err)
		}
	}
	b.ReportMetric(sums.Seconds()/ours.Seconds(), "x/sha256sum")
}
