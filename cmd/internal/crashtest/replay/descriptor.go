package replay

import (
	"fmt"
	"strconv"
	"strings"
)

// onDescriptor takes a call whose first argument is a descriptor.
func (p *parser) onDescriptor(c call) error {
	fd, abs, err := descriptor(c.args[0])
	if err != nil {
		return err
	}
	if fd == "1" && c.name == "write" {
		b, err := octets(c.args[1])
		if err == nil {
			p.emit(c, Event{Kind: Output, Data: b})
		}
		return err
	}
	if _, peer, ok := strings.Cut(abs, "->"); ok && strings.HasPrefix(abs, "TCP") {
		if c.name == "write" || c.name == "writev" {
			p.emit(c, Event{Kind: Sent, Path: strings.TrimSuffix(peer, "]"), Size: c.ret})
		}
		return nil
	}
	switch c.name {
	case "copy_file_range", "sendfile", "splice", "mmap", "io_uring_enter":
		return p.refuseInvisible(c)
	}
	d := p.open[fd]
	if d == nil {
		// A duplicate, or something outside.
		rel, ok := p.below(abs)
		if !ok {
			return nil
		}
		f := p.names[rel]
		if f == nil || c.name == "write" || c.name == "lseek" {
			return fmt.Errorf("descriptor %s of %q: %w", fd, rel, errModel)
		}
		d = &descr{file: f, path: rel}
	}
	switch c.name {
	case "write", "pwrite64":
		return p.write(c, d)
	case "ftruncate":
		size, err := strconv.ParseInt(c.args[1], 0, 64)
		if err != nil {
			return err
		}
		d.file.size = size
		p.emit(c, Event{Kind: Truncate, File: d.file.id, Path: p.nameOf(d), Size: size})
	case "lseek":
		d.pos = c.ret
	case "read":
		d.pos += c.ret
	case "fsync", "fdatasync":
		p.emit(c, Event{Kind: Sync, File: d.file.id, Dir: d.file.dir, Path: p.nameOf(d)})
	case "syncfs":
		p.emit(c, Event{Kind: SyncAll})
	default:
		return errModel
	}
	return nil
}

func (p *parser) write(c call, d *descr) error {
	b, err := octets(c.args[1])
	if err != nil {
		return err
	}
	if int64(len(b)) < c.ret {
		return fmt.Errorf("%d octets of %d: %w", len(b), c.ret, errModel)
	}
	b = b[:c.ret]
	e := Event{Kind: Write, File: d.file.id, Path: p.nameOf(d), Data: b, Offset: d.pos}
	if c.name == "pwrite64" {
		if e.Offset, err = strconv.ParseInt(c.args[3], 0, 64); err != nil {
			return err
		}
	} else {
		if d.append {
			e.Offset = d.file.size
		}
		d.pos = e.Offset + c.ret
	}
	d.file.size = max(d.file.size, e.Offset+c.ret)
	p.emit(c, e)
	return nil
}

// nameOf returns a name that an open file has now, or had when it was opened.
func (p *parser) nameOf(d *descr) string {
	if p.names[d.path] == d.file {
		return d.path
	}
	for name, f := range p.names {
		if f == d.file {
			return name
		}
	}
	return d.path
}

// refuseInvisible refuses calls that may change files below the root without a
// write. The index beside SQLite's log is mapped; it is made anew after a crash,
// so it need not be followed.
func (p *parser) refuseInvisible(c call) error {
	if c.name == "mmap" {
		shared := strings.Contains(c.args[3], "MAP_SHARED") && strings.Contains(c.args[2], "PROT_WRITE")
		if !shared {
			return nil
		}
	}
	for _, arg := range c.args {
		if !strings.Contains(arg, "<") {
			continue
		}
		_, abs, err := descriptor(arg)
		if err != nil {
			return err
		}
		if rel, ok := p.below(abs); ok && !strings.HasSuffix(rel, indexSuffix) {
			return fmt.Errorf("%q: %w", rel, errModel)
		}
	}
	return nil
}

// number returns the number of a descriptor argument.
func number(arg string) string {
	fd, _, _ := strings.Cut(arg, "<")
	return fd
}
