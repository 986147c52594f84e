//go:build linux

package crashtest_test

import (
	"crypto/sha256"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// kills is how often each format is killed at random, each time as closely.
const kills = 60

// killSet is what lies in the account: more than a group of messages, so that
// killed runs get ahead.
func killSet() sample.Set { return sample.Set{Messages: 400, Octets: 36 << 20} }

// A group of messages has so many octets at most. A kill may cost the group that
// is open, the one before it while that is being made durable, and what lies in
// the buffers of the connections and of the line; all kills together no more
// than one group each.
const (
	group    = 16 << 20
	killCost = 2*group + 8<<20
)

// overhead is more than all that a run is told besides messages, and what is
// said around one message, in octets.
const overhead, overheadOfOne = 32 << 10, 256

// realAccount fills an account of a real server.
func realAccount(t *testing.T) (s *imaptest.Server, user, password string, mails map[key]mail, octets int64) {
	t.Helper()
	s = imaptest.Dovecot(t)
	user, password = s.User(t)
	c := imaptest.Dial(t, s, user, password)
	folders := []string{"INBOX", "Lists", "Archive/2024"}
	if _, _, err := c.CreateFolders(folders[1:]); err != nil {
		t.Fatal(err)
	}
	mails = map[key]mail{}
	next := map[string]mailhaul.UID{}
	for folder, m := range killSet().All(folders) {
		if err := c.Append(folder, m); err != nil {
			t.Fatal(err)
		}
		next[folder]++
		mails[key{folder, next[folder]}] = mail{sha256.Sum256(m.Body), int64(len(m.Body)), mailhaul.MakeFlags(m.Flags...)}
		octets += int64(len(m.Body)) + overheadOfOne
	}
	return s, user, password, mails, octets
}

// TestKillAtRandom kills the program again and again at random moments; each
// time the next run goes on in the same archive. When one comes to its end, all
// is there and was fetched once, but for what the kills cost, and it begins anew
// with a new archive.
func TestKillAtRandom(t *testing.T) {
	server, user, password, mails, octets := realAccount(t)
	for _, format := range formats() {
		t.Run(format, func(t *testing.T) {
			k := killer{
				t: t, chance: chance(t), line: imaptest.NewLine(t, server.Addr, imaptest.LineOptions{}),
				format: format, user: user, password: password, mails: mails, octets: octets,
			}
			k.usual = min(k.measure(), k.measure())
			lives, killed := 0, 0
			for ; killed < kills*chances(); lives++ {
				killed += k.life(filepath.Join(scratch(t), strconv.Itoa(lives)))
			}
			t.Logf("killed %d times in %d lives; a run takes %s", killed, lives, k.usual)
			t.Logf("a kill cost %d octets on average, %d at most", k.cost/int64(killed), k.most)
			if k.most > killCost || k.cost > group*int64(killed) {
				t.Errorf("want at most %d octets on average, %d at most", group, killCost)
			}
		})
	}
}

// killer runs the program and kills it.
type killer struct {
	t                      *testing.T
	chance                 *rand.Rand
	line                   *imaptest.Line
	format, user, password string
	mails                  map[key]mail
	octets                 int64         // of all messages on the wire
	usual                  time.Duration // a run from the beginning that is not disturbed
	cost, most             int64         // octets fetched in vain, in all and by one run
}

// measure takes the time of a run that is not disturbed.
func (k *killer) measure() time.Duration {
	k.t.Helper()
	dir := filepath.Join(scratch(k.t), "archive")
	begin := time.Now()
	if o := k.run(dir, runLimit); o.code != 0 {
		k.t.Fatalf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	took := time.Since(begin)
	if err := checkComplete(k.t.Context(), dir, k.mails, nil); err != nil {
		k.t.Fatal(err)
	}
	return took
}

// run runs the program and kills it after some time.
func (k *killer) run(dir string, after time.Duration) outcome {
	k.t.Helper()
	cmd, stdout, stderr := start(k.t.Context(), backupArgs(url(k.user, k.line.Addr), dir, k.format))
	cmd.Env = append(cmd.Env, "MAILHAUL_PASSWORD="+k.password)
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	return ended(k.t, cmd, cmd.Wait(), stdout, stderr)
}

// life is one archive, from the first run to the one that comes to its end. It
// returns how often the program was killed.
func (k *killer) life(dir string) (killed int) {
	k.t.Helper()
	k.line.Forget()
	var fetched, recorded int64
	for {
		o := k.run(dir, upTo(k.chance, k.usual))
		_, now := k.line.Octets()
		if !o.killed {
			if o.code != 0 {
				k.t.Fatalf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
			}
			break
		}
		killed++
		have, err := checkRecorded(k.t.Context(), dir, k.mails, o.acked)
		count("kill at random, large", "backup", k.format, err)
		if err != nil {
			k.t.Fatalf("kill %d: %v", killed, err)
		}
		vain := max(0, now-fetched-(have-recorded))
		k.cost, k.most = k.cost+vain, max(k.most, vain)
		fetched, recorded = now, have
	}
	if err := checkComplete(k.t.Context(), dir, k.mails, nil); err != nil {
		count("kill at random, large", "backup", k.format, err)
		k.t.Fatalf("after %d kills: %v", killed, err)
	}
	_, down := k.line.Octets()
	if most := k.octets + overhead + int64(killed)*(killCost+overhead); down > most {
		k.t.Errorf("after %d kills %d octets were fetched, want at most %d", killed, down, most)
	}
	return killed
}
