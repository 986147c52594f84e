package foreign

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/maildir"
)

// maildirBox is one Maildir.
type maildirBox struct {
	root *os.Root
	dir  string

	links int // things in it that are not files
}

func (b *maildirBox) look(ctx context.Context) (table, error) {
	b.links = 0
	t := &maildirTable{box: b, keywords: b.keywords()}
	// new comes first: a message that a mail program moves meanwhile is then
	// seen twice, not never.
	for _, sub := range []string{"new", "cur"} {
		entries, err := readDir(b.root, path.Join(b.dir, sub))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, e := range entries {
			switch {
			case strings.HasPrefix(e.Name(), "."), e.IsDir():
			case !e.Type().IsRegular():
				b.links++
			default:
				t.files = append(t.files, sub+"/"+e.Name())
			}
		}
	}
	if _, err := b.root.Lstat(b.dir); err != nil {
		return nil, gone(err)
	}
	slices.SortFunc(t.files, arrival)
	t.files = slices.CompactFunc(t.files, b.moved)
	keys := make([]uint64, len(t.files))
	for i, file := range t.files {
		unique, _, _ := strings.Cut(baseOf(file), ",")
		keys[i] = keyOf([]byte(unique))
	}
	t.valid, t.uids = identify("maildir\x00"+b.dir, keys, false)
	return t, nil
}

func (b *maildirBox) omissions() []Omission {
	if b.links == 0 {
		return nil
	}
	return []Omission{{Path: b.dir, Count: b.links, Reason: Link}}
}

// moved tells whether two names next to each other are of one message that was
// moved or marked meanwhile: then one of them is there no longer.
func (b *maildirBox) moved(first, second string) bool {
	if baseOf(first) != baseOf(second) {
		return false
	}
	for _, name := range []string{first, second} {
		if _, err := b.root.Lstat(path.Join(b.dir, name)); errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// baseOf returns the base name of a file in new or cur.
func baseOf(file string) string {
	base, _ := maildir.Split(path.Base(file))
	return base
}

// seconds returns the time of delivery that a name begins with, 0 if it has none.
func seconds(file string) int64 {
	digits, _, _ := strings.Cut(path.Base(file), ".")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > 253402300799 { // the year 9999
		return 0
	}
	return n
}

// arrival orders files by time of delivery.
func arrival(a, b string) int {
	return cmp.Or(cmp.Compare(seconds(a), seconds(b)), strings.Compare(baseOf(a), baseOf(b)), strings.Compare(a, b))
}

// maxLine bounds a line of dovecot-keywords, in octets.
const maxLine = 1 << 10

// keywords reads dovecot-keywords: the keywords that a to z stand for.
func (b *maildirBox) keywords() (of [26]string) {
	f, err := openRegular(b.root, path.Join(b.dir, "dovecot-keywords"))
	if err != nil {
		return of
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, maxLine), maxLine)
	for lines.Scan() {
		number, word, _ := strings.Cut(lines.Text(), " ")
		if n, err := strconv.Atoi(number); err == nil && n >= 0 && n < len(of) && isKeyword(word) {
			of[n] = word
		}
	}
	return of
}

// maildirTable is what was in a Maildir.
type maildirTable struct {
	box      *maildirBox
	files    []string // "cur/NAME"
	uids     []mailhaul.UID
	valid    uint32
	keywords [26]string
}

func (t *maildirTable) validity() uint32       { return t.valid }
func (t *maildirTable) len() int               { return len(t.files) }
func (t *maildirTable) uid(i int) mailhaul.UID { return t.uids[i] }
func (t *maildirTable) size() int64            { return -1 }

func (t *maildirTable) flags(i int) mailhaul.Flags {
	_, info := maildir.Split(path.Base(t.files[i]))
	flags := maildir.Flags(info)
	letters, hasFlags := strings.CutPrefix(strings.TrimLeft(info, ":;"), "2,")
	if !hasFlags {
		return flags
	}
	list := flags.List()
	for i := 0; i < len(letters); i++ {
		if c := letters[i]; c >= 'a' && c <= 'z' {
			list = append(list, t.keywords[c-'a'])
		}
	}
	return mailhaul.MakeFlags(list...)
}

func (t *maildirTable) open() (reader, bool, error) {
	root, err := t.box.root.OpenRoot(t.box.dir)
	if err != nil {
		return nil, false, gone(err)
	}
	return &openMaildir{t: t, root: root, last: -1}, true, nil
}
