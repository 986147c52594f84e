package imaptest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// TestSeedTwins: on every server each twin is there as often as the set has it,
// no folder is refused and no message altered.
func TestSeedTwins(t *testing.T) {
	messages := map[string]int{"dovecot": 10_000, "cyrus": 600, "courier": 240}
	for _, s := range realServers(t) {
		t.Run(s.Name, func(t *testing.T) {
			user, password := s.User(t)
			c := imaptest.Dial(t, s, user, password)
			twins := sample.Twins{Messages: messages[s.Name]}
			seeded := imaptest.SeedTwins(t, c, twins)
			if seeded.Messages != twins.Messages || len(seeded.Folders) != len(sample.TwinFolders()) {
				t.Errorf("%d messages in %q", seeded.Messages, seeded.Folders)
			}
			balance := map[string]int{}
			for folder, m := range twins.All() {
				sum := sha256.Sum256(m.Body)
				balance[instant(t, imaptest.ReferenceMessage{
					Folder: c.Wire(folder), Flags: slices.Sorted(slices.Values(m.Flags)), InternalDate: m.InternalDate,
					Size: int64(len(m.Body)), SHA256: hex.EncodeToString(sum[:]),
				})]++
			}
			for _, m := range imaptest.Reference(t, s.Addr, user, password) {
				balance[instant(t, m)]--
			}
			told := 0
			for key, n := range balance {
				if n != 0 && told < 10 {
					told++
					t.Errorf("%d too few (or, below 0, too many): %s", n, key)
				}
			}
		})
	}
}
