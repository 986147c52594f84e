package replay

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Parse returns the events below the directory root, an absolute path, of
// recorded runs that came one after the other. What was there before is found:
// the first events make it durable.
func Parse(root string, found State, recordings ...io.Reader) ([]Event, error) {
	p := &parser{root: root, names: map[string]*file{".": {id: Root, dir: true}}, next: Root}
	p.begin(found)
	for _, r := range recordings {
		p.open = make(map[string]*descr)
		p.base = p.last
		if err := readCalls(r, p.call); err != nil {
			return nil, err
		}
	}
	return p.events, nil
}

// begin makes the events of what was there before.
func (p *parser) begin(found State) {
	if len(found) == 0 {
		return
	}
	for _, rel := range slices.Sorted(maps.Keys(found)) {
		p.last++
		c := call{name: "found", begin: p.last, end: p.last}
		f := p.make(c, rel, found[rel] == nil)
		if f.size = int64(len(found[rel])); f.size > 0 {
			p.emit(c, Event{Kind: Write, File: f.id, Path: rel, Data: found[rel]})
		}
	}
	p.last++
	p.emit(call{name: "found", begin: p.last, end: p.last}, Event{Kind: SyncAll})
}

// parser follows which file has which name, and what is open.
type parser struct {
	root   string
	names  map[string]*file
	next   FileID
	open   map[string]*descr
	base   int // lines of the recordings before this one
	last   int
	events []Event
}

type file struct {
	id   FileID
	dir  bool
	size int64
}

type descr struct {
	file   *file
	path   string
	pos    int64
	append bool
}

// errModel is the error of a call that the model cannot follow.
var errModel = errors.New("the model does not know what it does")

func (p *parser) call(c call) error {
	c.begin, c.end = c.begin+p.base, c.end+p.base
	p.last = c.end
	switch c.name {
	case "open", "creat":
		return p.openFile(c, "", c.args[0], strings.Join(c.args[1:], "|"))
	case "openat", "openat2":
		return p.openFile(c, c.args[0], c.args[1], strings.Join(c.args[2:], "|"))
	case "close":
		delete(p.open, number(c.args[0]))
		return nil
	case "mkdir":
		return p.mkdir(c, "", c.args[0])
	case "mkdirat":
		return p.mkdir(c, c.args[0], c.args[1])
	case "rename":
		return p.rename(c, "", c.args[0], "", c.args[1])
	case "renameat", "renameat2":
		if len(c.args) == 5 && strings.Contains(c.args[4], "EXCHANGE") {
			return errModel
		}
		return p.rename(c, c.args[0], c.args[1], c.args[2], c.args[3])
	case "link":
		return p.link(c, "", c.args[0], "", c.args[1])
	case "linkat":
		return p.link(c, c.args[0], c.args[1], c.args[2], c.args[3])
	case "unlink", "rmdir":
		return p.remove(c, "", c.args[0])
	case "unlinkat":
		return p.remove(c, c.args[0], c.args[1])
	case "sync":
		p.emit(c, Event{Kind: SyncAll})
		return nil
	case "truncate", "symlink", "symlinkat", "mknod", "mknodat":
		return p.refuseBelow(c)
	}
	return p.onDescriptor(c)
}

// emit adds an event.
func (p *parser) emit(c call, e Event) {
	e.Call, e.Begin, e.End = c.name, c.begin, c.end
	p.events = append(p.events, e)
}

// below returns a path below the root, or false when it is elsewhere.
func (p *parser) below(abs string) (string, bool) {
	if abs == p.root {
		return ".", true
	}
	return strings.CutPrefix(abs, p.root+"/")
}

// at returns the path that a directory's descriptor and a name stand for.
func (p *parser) at(dir, name string) (string, bool, error) {
	b, err := octets(name)
	if err != nil {
		return "", false, err
	}
	abs := string(b)
	if !path.IsAbs(abs) {
		_, d, err := descriptor(dir)
		if err != nil {
			return "", false, err
		}
		if d == "" {
			return "", false, fmt.Errorf("relative path %q: %w", abs, errModel)
		}
		abs = d + "/" + abs
	}
	rel, ok := p.below(path.Clean(abs))
	return rel, ok, nil
}

func (p *parser) openFile(c call, dir, name, flags string) error {
	rel, ok, err := p.at(dir, name)
	fd := strconv.FormatInt(c.ret, 10)
	delete(p.open, fd)
	if err != nil || !ok {
		return err
	}
	f := p.names[rel]
	if f == nil {
		if c.name != "creat" && !strings.Contains(flags, "O_CREAT") {
			return fmt.Errorf("%q is open and was never made: %w", rel, errModel)
		}
		f = p.make(c, rel, false)
	}
	if f.size > 0 && (c.name == "creat" || strings.Contains(flags, "O_TRUNC")) {
		f.size = 0
		p.emit(c, Event{Kind: Truncate, File: f.id, Path: rel})
	}
	p.open[fd] = &descr{file: f, path: rel, append: strings.Contains(flags, "O_APPEND")}
	return nil
}

func (p *parser) make(c call, rel string, dir bool) *file {
	p.next++
	f := &file{id: p.next, dir: dir}
	p.names[rel] = f
	p.emit(c, Event{Kind: Make, File: f.id, Dir: dir, Path: rel})
	return f
}

func (p *parser) mkdir(c call, dir, name string) error {
	rel, ok, err := p.at(dir, name)
	if err == nil && ok && rel != "." {
		p.make(c, rel, true)
	}
	return err
}

func (p *parser) rename(c call, fromDir, fromName, toDir, toName string) error {
	from, ok1, err1 := p.at(fromDir, fromName)
	to, ok2, err2 := p.at(toDir, toName)
	f := p.names[from]
	switch {
	case err1 != nil || err2 != nil:
		return errors.Join(err1, err2)
	case !ok1 && !ok2:
		return nil
	case ok1 != ok2 || f == nil || f.dir:
		return fmt.Errorf("from %q to %q: %w", from, to, errModel)
	}
	delete(p.names, from)
	p.names[to] = f
	p.emit(c, Event{Kind: Rename, File: f.id, From: from, Path: to})
	return nil
}

func (p *parser) link(c call, fromDir, fromName, toDir, toName string) error {
	from, ok1, err1 := p.at(fromDir, fromName)
	to, ok2, err2 := p.at(toDir, toName)
	f := p.names[from]
	switch {
	case err1 != nil || err2 != nil:
		return errors.Join(err1, err2)
	case !ok1 && !ok2:
		return nil
	case ok1 != ok2 || f == nil:
		return fmt.Errorf("from %q to %q: %w", from, to, errModel)
	}
	p.names[to] = f
	p.emit(c, Event{Kind: Link, File: f.id, Path: to})
	return nil
}

func (p *parser) remove(c call, dir, name string) error {
	rel, ok, err := p.at(dir, name)
	if err != nil || !ok {
		return err
	}
	f := p.names[rel]
	if f == nil {
		return fmt.Errorf("%q was never made: %w", rel, errModel)
	}
	delete(p.names, rel)
	p.emit(c, Event{Kind: Remove, File: f.id, Path: rel})
	return nil
}

// refuseBelow refuses a call that names something below the root.
func (p *parser) refuseBelow(c call) error {
	for i, arg := range c.args {
		if !strings.HasPrefix(arg, `"`) {
			continue
		}
		dir := ""
		if i > 0 {
			dir = c.args[i-1]
		}
		if rel, ok, err := p.at(dir, arg); err != nil || ok {
			return errors.Join(fmt.Errorf("%q: %w", rel, errModel), err)
		}
	}
	return nil
}
