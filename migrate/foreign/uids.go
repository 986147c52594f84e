package foreign

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"github.com/mailhaul/mailhaul"
)

// version is a part of every UIDVALIDITY: another way to make UIDs needs another
// one.
const version = "1"

// identify gives UIDs to messages that are known by keys, in their order. place
// is the folder's path. Messages with equal keys are equal when twins is set;
// else they are different ones, as are those whose UIDs meet: what these get
// depends on what else is there, hence so does the UIDVALIDITY.
func identify(place string, keys []uint64, twins bool) (validity uint32, uids []mailhaul.UID) {
	h := sha256.New()
	h.Write([]byte(version + "\x00" + place))
	note := func(n ...uint64) {
		for _, x := range n {
			h.Write(binary.BigEndian.AppendUint64(nil, x))
		}
	}
	order := make([]int32, len(keys))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(keys[a], keys[b]) })
	uids = make([]mailhaul.UID, len(keys))
	occurrence := uint64(0)
	for n, i := range order {
		uids[i] = uidOf(keys[i])
		if n == 0 || keys[order[n-1]] != keys[i] {
			occurrence = 0
			continue
		}
		occurrence++
		uids[i] = uidOf(again(keys[i], occurrence))
		if !twins {
			note(keys[i], occurrence)
		}
	}
	// Of those that meet the first stays, the others move up to what is free.
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(uids[a], uids[b]) })
	sorted := make([]mailhaul.UID, len(order))
	for n, i := range order {
		sorted[n] = uids[i]
	}
	moved := map[mailhaul.UID]bool{}
	for n, i := range order {
		if n == 0 || sorted[n-1] != sorted[n] {
			continue
		}
		uid := uids[i]
		for used := true; used; _, used = slices.BinarySearch(sorted, uid) {
			for uid = after(uid); moved[uid]; uid = after(uid) {
			}
		}
		moved[uid] = true
		uids[i] = uid
		note(keys[order[n-1]], keys[i], uint64(uid))
	}
	return 1 + binary.BigEndian.Uint32(h.Sum(nil))%math.MaxUint32, uids
}

// uidOf makes a UID of a key: never 0, and never the last one, behind which
// there is no UIDNEXT.
func uidOf(key uint64) mailhaul.UID {
	return 1 + mailhaul.UID(key>>32)%(math.MaxUint32-1)
}

// after is the next UID, behind the last one the first.
func after(uid mailhaul.UID) mailhaul.UID { return 1 + uid%(math.MaxUint32-1) }

// again is the key of the n-th further message with the same key.
func again(key, n uint64) uint64 {
	return keyOf(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, key), n))
}

// keyOf is the key of what is known by octets.
func keyOf(octets []byte) uint64 {
	sum := sha256.Sum256(octets)
	return binary.BigEndian.Uint64(sum[:])
}
