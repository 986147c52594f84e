package checkpoint_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// TestAsOfAtRandom changes a ledger at random and compares each moment with what
// the ledger said then.
func TestAsOfAtRandom(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 5))
		b := open(t)
		f, next := b.folder("A"), mailhaul.UID(1)
		told := map[checkpoint.RunID]string{}
		for range 25 {
			b.nextRun()
			for range r.IntN(5) {
				live, gone, err := b.UIDs(b.ctx, f.ID, f.UIDValidity)
				b.do(err)
				some := func(from mailhaul.UIDSet) (uids []mailhaul.UID) {
					for u := range from.All() {
						if r.IntN(3) == 0 {
							uids = append(uids, u)
						}
					}
					return uids
				}
				switch r.IntN(7) {
				case 0, 1:
					b.record(f, next, next+1, next+3)
					next += 4
				case 2:
					b.flag(f, fmt.Sprint(r.IntN(3)), some(live)...)
				case 3:
					b.gone(f, some(live)...)
				case 4:
					b.revive(f, some(gone)...)
				case 5:
					f.Name += "x"
					b.do(b.RenameFolder(b.ctx, b.run, f.ID, f))
				case 6:
					old := f.UIDValidity
					f.UIDValidity++
					b.put(f)
					var rs []checkpoint.Rebinding
					for _, i := range r.Perm(int(live.Len())) {
						rs = append(rs, checkpoint.Rebinding{OldUIDValidity: old, OldUID: slices.Collect(live.All())[i], UID: next})
						next++
					}
					b.do(b.Rebind(b.ctx, b.run, f, rs))
				}
			}
			told[b.run] = b.tell(present{})
		}
		for run, want := range told {
			if got := b.tell(asOf{b.AsOf(run)}); got != want {
				t.Errorf("seed %d, as of run %d: %q, want %q", seed, run, got, want)
			}
			b.wantSame(b.AsOf(run))
		}
	}
}
