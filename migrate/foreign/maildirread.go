package foreign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/maildir"
)

// small is up to which size a file is read at once, in octets; a larger one is
// read twice, to count and to give.
const small = 1 << 20

// openMaildir reads the messages of a Maildir.
type openMaildir struct {
	t    *maildirTable
	root *os.Root
	// names says where files are now whose name changed since; nil before one
	// was missed.
	names map[string]string

	raw, wire []byte
	file      *os.File // of the last message, when it is large
	// What is known of the file of message last, -1 for none.
	last int
	info fs.FileInfo
}

func (o *openMaildir) close() error {
	return errors.Join(o.closeFile(), o.root.Close())
}

func (o *openMaildir) closeFile() error {
	if o.file == nil {
		return nil
	}
	err := o.file.Close()
	o.file = nil
	return err
}

// open opens file i. A mail program may have marked or moved it: then it is
// looked for under its base name.
func (o *openMaildir) open(i int) (*os.File, fs.FileInfo, error) {
	name := o.t.files[i]
	f, err := openRegular(o.root, name)
	if errors.Is(err, fs.ErrNotExist) {
		if o.names == nil {
			o.names = o.present()
		}
		if now, found := o.names[baseOf(name)]; found {
			f, err = openRegular(o.root, now)
		}
	}
	if err != nil {
		return nil, nil, gone(err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	o.last, o.info = i, info
	return f, info, nil
}

// stat looks at file i without opening it, where that is possible.
func (o *openMaildir) stat(i int) (fs.FileInfo, error) {
	if o.last == i {
		return o.info, nil
	}
	if info, err := o.root.Lstat(o.t.files[i]); err == nil && info.Mode().IsRegular() {
		return info, nil
	}
	f, info, err := o.open(i)
	if err != nil {
		return nil, err
	}
	return info, f.Close()
}

// present returns the files that are there now by their base names.
func (o *openMaildir) present() map[string]string {
	names := map[string]string{}
	for _, sub := range []string{"new", "cur"} {
		entries, _ := readDir(o.root, sub) // what cannot be read is gone
		for _, e := range entries {
			file := sub + "/" + e.Name()
			names[baseOf(file)] = file
		}
	}
	return names
}

// exceeds asks the file's size first: as it is given, a message has no fewer
// octets, and at most twice as many. Dovecot marks a compressed file with "Z".
func (o *openMaildir) exceeds(i int, max int64) (bool, error) {
	info, err := o.stat(i)
	if errors.Is(err, mailhaul.ErrGone) {
		return false, nil // Fetch says so
	}
	if err != nil {
		return false, err
	}
	_, flags := maildir.Split(o.t.files[i])
	if compressed := strings.Contains(flags, "Z"); !compressed && (info.Size() > max || info.Size() <= max/2) {
		return info.Size() > max, nil
	}
	_, size, err := o.body(i)
	return size > max, err
}

// date is the time of the file's last change, as for Dovecot and Courier, the
// one in its name when there is none; that of mailhaul's names is more exact.
func (o *openMaildir) date(i int) (time.Time, error) {
	file := o.t.files[i]
	if name, ours := maildir.Parse(path.Base(file)); ours {
		return name.InternalDate, nil
	}
	info, err := o.stat(i)
	if errors.Is(err, mailhaul.ErrGone) {
		return time.Time{}, nil // Fetch says so
	}
	if err != nil {
		return time.Time{}, err
	}
	for _, unix := range []int64{info.ModTime().Unix(), seconds(file)} {
		if unix > 0 {
			return time.Unix(unix, 0).UTC(), nil
		}
	}
	return time.Time{}, nil
}

// lineEnds says which LF of a file stand for CR LF.
type lineEnds uint8

const (
	bareEnds  lineEnds = iota // those without a CR
	everyEnd                  // mailhaul stored it so
	noLineEnd                 // mailhaul stored it as it was
)

func (o *openMaildir) ends(i int, info fs.FileInfo) lineEnds {
	name, ours := maildir.Parse(path.Base(o.t.files[i]))
	switch {
	case !ours || name.Stored != info.Size(): // somebody changed it
		return bareEnds
	case name.LineEnds == mailhaul.LF:
		return everyEnd
	}
	return noLineEnd
}

func (e lineEnds) append(dst, text []byte, last byte) []byte {
	if e == noLineEnd {
		return append(dst, text...)
	}
	return appendLines(dst, text, last, e == everyEnd)
}

func (o *openMaildir) body(i int) (io.Reader, int64, error) {
	if err := o.closeFile(); err != nil {
		return nil, 0, err
	}
	f, info, err := o.open(i)
	if err != nil {
		return nil, 0, err
	}
	o.file = f
	unpack, err := packed(f)
	if err != nil {
		return nil, 0, err
	}
	ends := o.ends(i, info)
	if unpack == nil && info.Size() <= small {
		return o.atOnce(f, ends)
	}
	if unpack == nil {
		unpack = plain
	}
	text, err := unpack(f)
	if err != nil {
		return nil, 0, err
	}
	size, err := countLines(text, ends)
	if err != nil {
		return nil, 0, err
	}
	text, err = unpack(f)
	return &expander{from: text, ends: ends, left: size}, size, err
}

// atOnce gives a small file.
func (o *openMaildir) atOnce(f *os.File, ends lineEnds) (io.Reader, int64, error) {
	raw := bytes.NewBuffer(o.raw[:0])
	if _, err := raw.ReadFrom(io.LimitReader(f, small+1)); err != nil {
		return nil, 0, fmt.Errorf("read file: %w", err)
	}
	o.raw = raw.Bytes()
	if len(o.raw) > small {
		return nil, 0, errChanged
	}
	o.wire = ends.append(o.wire[:0], o.raw, 0)
	return bytes.NewReader(o.wire), int64(len(o.wire)), o.closeFile()
}
