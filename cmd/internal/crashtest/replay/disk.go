package replay

import (
	"maps"
	"path"
	"slices"
)

// indexSuffix ends the name of the index beside SQLite's log. It is written
// through a mapping that no recording shows, and never outlives a crash.
const indexSuffix = "-shm"

// Disk is a directory with what is seen in it and what is durable. It begins
// empty, and durable itself.
type Disk struct {
	inodes  map[FileID]*inode
	live    map[string]FileID
	durable map[string]FileID
	pending []nameOp
}

// inode is a file or a directory.
type inode struct {
	dir     bool
	live    []byte
	durable []byte
	pending []dataOp // since the last sync
}

// dataOp is a Write or, when data is nil, a Truncate to offset.
type dataOp struct {
	end    int
	offset int64
	data   []byte
}

// nameOp is a change of names: del is taken away, add is given to file.
type nameOp struct {
	end      int
	del, add string
	file     FileID
}

// NewDisk returns an empty directory.
func NewDisk() *Disk {
	return &Disk{inodes: map[FileID]*inode{}, live: map[string]FileID{}, durable: map[string]FileID{}}
}

// Apply takes the next event.
func (d *Disk) Apply(e Event) {
	switch e.Kind {
	case Make:
		d.inodes[e.File] = &inode{dir: e.Dir}
		d.name(nameOp{end: e.End, add: e.Path, file: e.File})
	case Link:
		d.name(nameOp{end: e.End, add: e.Path, file: e.File})
	case Rename:
		d.name(nameOp{end: e.End, del: e.From, add: e.Path, file: e.File})
	case Remove:
		d.name(nameOp{end: e.End, del: e.Path})
	case Write:
		d.inodes[e.File].change(dataOp{end: e.End, offset: e.Offset, data: e.Data})
	case Truncate:
		d.inodes[e.File].change(dataOp{end: e.End, offset: e.Size})
	case Sync:
		if e.Dir {
			d.syncNames(e.Begin, func(dir string) bool { return dir == e.Path })
		} else {
			d.inodes[e.File].sync(e.Begin)
		}
	case SyncAll:
		d.syncNames(e.Begin, func(string) bool { return true })
		for _, n := range d.inodes {
			n.sync(e.Begin)
		}
	}
}

func (d *Disk) name(op nameOp) {
	op.apply(d.live)
	d.pending = append(d.pending, op)
}

func (op nameOp) apply(names map[string]FileID) {
	if op.del != "" {
		delete(names, op.del)
	}
	if op.add != "" {
		names[op.add] = op.file
	}
}

// touches tells whether an operation changes one of certain directories.
func (op nameOp) touches(dir func(string) bool) bool {
	return op.del != "" && dir(path.Dir(op.del)) || op.add != "" && dir(path.Dir(op.add))
}

// syncNames makes durable what was over before begin in certain directories.
func (d *Disk) syncNames(begin int, dir func(string) bool) {
	var keep []nameOp
	for _, op := range d.pending {
		if op.end >= begin || !op.touches(dir) {
			keep = append(keep, op)
			continue
		}
		op.apply(d.durable)
		// What happened to the same names before is history: a file that was
		// renamed for good does not come back under its old name.
		for i := range keep {
			keep[i].forget(op.del)
			keep[i].forget(op.add)
		}
	}
	d.pending = slices.DeleteFunc(keep, func(op nameOp) bool { return op.del == "" && op.add == "" })
}

// forget takes a name out of an operation.
func (op *nameOp) forget(name string) {
	if op.del == name {
		op.del = ""
	}
	if op.add == name {
		op.add = ""
	}
}

func (n *inode) change(op dataOp) {
	n.live = op.apply(n.live)
	n.pending = append(n.pending, op)
}

func (n *inode) sync(begin int) {
	keep := 0
	for keep < len(n.pending) && n.pending[keep].end < begin {
		n.durable = n.pending[keep].apply(n.durable)
		keep++
	}
	n.pending = n.pending[keep:]
}

// apply returns the content after an operation. b itself stays as it is: crash
// states that were given away hold it.
func (op dataOp) apply(b []byte) []byte {
	if op.data == nil && op.offset <= int64(len(b)) {
		return b[:op.offset:op.offset]
	}
	out := make([]byte, max(int64(len(b)), op.offset+int64(len(op.data))))
	copy(out, b)
	copy(out[op.offset:], op.data)
	return out
}

// Names returns the names that are seen now.
func (d *Disk) Names() []string { return slices.Sorted(maps.Keys(d.live)) }
