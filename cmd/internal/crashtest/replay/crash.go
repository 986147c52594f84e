package replay

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// sector is the least that a disk writes at once, in octets.
const sector = 512

// Fate is what becomes of changes that were not synced.
type Fate uint8

// The fates.
const (
	Lost   Fate = iota // as if they had not been
	Kept               // they had reached the disk
	Zeros              // of data: the file has its size, the data is zeros
	Random             // each by chance; data in pieces of a sector
)

// Variant says what a power loss leaves.
type Variant struct {
	Name        string
	Data, Names Fate
}

// Variants are what a file system may leave: from nothing that was not synced
// to all of it, which is also what a kill leaves.
func Variants() []Variant {
	return []Variant{
		{"all lost", Lost, Lost},
		{"names kept, data lost", Lost, Kept},
		{"names kept, data zeros", Zeros, Kept},
		{"data kept, names lost", Kept, Lost},
		{"random", Random, Random},
		{"all kept", Kept, Kept},
	}
}

// State is a directory after a crash: the content of each file by its path, nil
// for a directory. The contents are shared and must not be changed.
type State map[string][]byte

// Crash returns the state that a crash at this moment leaves, with chance where
// the variant asks for it.
func (d *Disk) Crash(v Variant, chance *rand.Rand) State {
	names := maps.Clone(d.durable)
	for _, op := range d.pending {
		if v.Names == Kept || v.Names == Random && chance.IntN(2) == 0 {
			op.apply(names)
		}
	}
	state := State{}
	for _, p := range slices.Sorted(maps.Keys(names)) {
		if strings.HasSuffix(p, indexSuffix) {
			continue
		}
		if dir := path.Dir(p); dir != "." {
			if _, found := state[dir]; !found {
				continue // in a directory that never became durable
			}
		}
		if n := d.inodes[names[p]]; n.dir {
			state[p] = nil
		} else if state[p] = n.content(v.Data, chance); state[p] == nil {
			state[p] = []byte{}
		}
	}
	return state
}

func (n *inode) content(fate Fate, chance *rand.Rand) []byte {
	switch {
	case fate == Kept:
		return n.live
	case fate == Lost || len(n.pending) == 0:
		return n.durable
	}
	b := slices.Clone(n.durable)
	for _, op := range n.pending {
		for _, piece := range op.pieces() {
			if fate == Zeros {
				clear(piece.data)
			}
			if fate == Zeros || chance.IntN(2) == 0 {
				b = piece.put(b)
			}
		}
	}
	return b
}

// put is apply for an array that nobody else has.
func (op dataOp) put(b []byte) []byte {
	if op.data == nil && op.offset <= int64(len(b)) {
		return b[:op.offset]
	}
	if grow := op.offset + int64(len(op.data)) - int64(len(b)); grow > 0 {
		b = append(b, make([]byte, grow)...)
	}
	copy(b[op.offset:], op.data)
	return b
}

// pieces are the parts of an operation that reach the disk one by one.
func (op dataOp) pieces() []dataOp {
	if op.data == nil {
		return []dataOp{op}
	}
	var out []dataOp
	data := slices.Clone(op.data)
	for from := int64(0); from < int64(len(data)); {
		// Sectors are those of the file, wherever the write began.
		n := min(sector-(op.offset+from)%sector, int64(len(data))-from)
		out = append(out, dataOp{offset: op.offset + from, data: data[from : from+n]})
		from += n
	}
	return out
}

// ReadState reads what is in the directory dir.
func ReadState(dir string) (State, error) {
	s := State{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(dir, name)
		if err = errors.Join(err, relErr); err != nil || rel == "." {
			return err
		}
		rel = filepath.ToSlash(rel)
		if s[rel] = nil; !e.IsDir() {
			s[rel], err = os.ReadFile(name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	return s, nil
}

// Sum is a digest of a state, to recognise equal ones.
func (s State) Sum() [sha256.Size]byte {
	h := sha256.New()
	var size [8]byte
	for _, p := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(h, "%q %t ", p, s[p] == nil)
		binary.LittleEndian.PutUint64(size[:], uint64(len(s[p])))
		h.Write(size[:])
		h.Write(s[p])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Write makes the state in the directory dir, which must be empty or missing.
func (s State) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	for _, p := range slices.Sorted(maps.Keys(s)) {
		name := filepath.Join(dir, filepath.FromSlash(p))
		var err error
		if s[p] == nil {
			err = os.Mkdir(name, 0o700)
		} else {
			err = os.WriteFile(name, s[p], 0o600)
		}
		if err != nil {
			return fmt.Errorf("write state: %w", err)
		}
	}
	return nil
}
