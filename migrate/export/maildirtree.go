package export

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/maildir"
)

// topPlace is the place of INBOX.
const topPlace = "."

// maildirTree is a Maildir++ tree.
type maildirTree struct {
	root *os.Root
	// subscribed are the names, as Maildir++ spells them, of what is subscribed,
	// in the order in which it came; nil before Prepare.
	subscribed []string
}

func (t *maildirTree) place(f *mailhaul.Folder) string {
	if isInbox(f) {
		return topPlace
	}
	parts := levels(f)
	for i, level := range parts {
		parts[i] = encodeLevel(level)
	}
	place := "." + strings.Join(parts, ".")
	if len(place) > maxOctets {
		place = shorten(f.Name, func(s string) string { return "." + encodeLevel(s) })
	}
	return place
}

// makeMaildir makes the directories of a Maildir.
func makeMaildir(root *os.Root, place string) error {
	dirs := []string{place + "/tmp", place + "/new", place + "/cur"}
	if place != topPlace {
		dirs = slices.Insert(dirs, 0, place)
	}
	for _, dir := range dirs {
		if err := root.Mkdir(dir, dirMode); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
	}
	if place != topPlace { // as the Maildir++ specification asks for
		f, err := create(root, place+"/maildirfolder")
		if err == nil {
			err = errors.Join(f.Sync(), f.Close())
		}
		if err != nil {
			return fmt.Errorf("mark folder: %w", err)
		}
	}
	return syncDirs(root, []string{place})
}

func (t *maildirTree) prepare(fresh []*folder, all []*mailhaul.Folder) error {
	for _, f := range fresh {
		if f.place == topPlace {
			continue // Open made it
		}
		if err := makeMaildir(t.root, f.place); err != nil {
			return err
		}
	}
	before, first := len(t.subscribed), t.subscribed == nil
	if first {
		t.subscribed = []string{} // that nothing is subscribed is written down, too
	}
	for _, f := range all {
		name := strings.TrimPrefix(f.Place, ".")
		if name == "" {
			name = inbox
		}
		if f.Subscribed && !slices.Contains(t.subscribed[:before], name) {
			t.subscribed = append(t.subscribed, name)
		}
	}
	if first || len(t.subscribed) > before {
		if err := t.subscribe(); err != nil {
			return err
		}
	}
	if len(fresh) == 0 && !first && len(t.subscribed) == before {
		return nil
	}
	return syncDirs(t.root, []string{topPlace})
}

// subscribe writes the files of subscriptions, Dovecot's and Courier's.
func (t *maildirTree) subscribe() error {
	var dovecot, courier strings.Builder
	for _, name := range t.subscribed {
		dovecot.WriteString(name + "\n")
		if name != inbox {
			name = inbox + "." + name
		}
		courier.WriteString(name + "\n")
	}
	if err := t.replace(topPlace, "subscriptions", []byte(dovecot.String())); err != nil {
		return err
	}
	return t.replace(topPlace, "courierimapsubscribed", []byte(courier.String()))
}

// replace makes a file of a Maildir anew:
//
//  1. it is written in tmp, and synced
//  2. it is renamed
//
// The caller syncs the directory.
func (t *maildirTree) replace(place, name string, text []byte) error {
	tmp := place + "/tmp/" + name
	f, err := create(t.root, tmp)
	if err == nil {
		_, err = f.Write(text)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil {
		err = t.root.Rename(tmp, place+"/"+name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func (t *maildirTree) write(s *stored, b *body, done func() error) error {
	r := &s.receipt
	info, lost := s.folder.keywords.info(r.Flags)
	s.note = lostText(lost)
	r.Stored = r.Size
	if b.ends == mailhaul.LF {
		r.Stored -= b.lfs
	}
	r.Place = maildir.NameOf(r).Base()
	s.tmp = path.Join(s.folder.place, "tmp", r.Place)
	s.final = path.Join(s.folder.place, "cur", r.Place+info)
	f, err := create(t.root, s.tmp)
	if errors.Is(err, fs.ErrExist) {
		return &mailhaul.Error{Scope: mailhaul.ScopeMessage, Op: "store message", Folder: r.Folder.Name, UID: r.UID, Err: err}
	}
	if err != nil {
		return &diskFault{err}
	}
	err = errors.Join(b.writeTo(f, b.text), f.Close())
	if d := r.InternalDate; err == nil && !d.IsZero() {
		// Servers take the time of the file for INTERNALDATE.
		err = t.root.Chtimes(s.tmp, d, d)
	}
	if err != nil {
		err = &diskFault{err}
	} else {
		err = done()
	}
	if err != nil {
		t.root.Remove(s.tmp) //nolint:errcheck // it is no mail while it lies in tmp
	}
	return err
}

// settle makes a group durable. The order is what makes a message that is seen
// in cur a whole one, with the keywords that its letters mean:
//
//  1. write has written the files into tmp
//  2. their data is synced
//  3. keywords that are new are written down, durably
//  4. the files are renamed into cur
//  5. each cur directory is synced
func (t *maildirTree) settle(items []*stored) error {
	paths := make([]string, len(items))
	folders := make(map[*folder]bool)
	for i, s := range items {
		paths[i] = s.tmp
		folders[s.folder] = true
	}
	if err := syncFiles(t.root, paths); err != nil {
		return err
	}
	curs := make([]string, 0, len(folders))
	for f := range maps.Keys(folders) {
		curs = append(curs, f.place+"/cur")
		text, n := f.keywords.file()
		if n == f.keywords.written {
			continue
		}
		if err := t.replace(f.place, keywordsName, text); err != nil {
			return err
		}
		if err := syncDirs(t.root, []string{f.place}); err != nil {
			return err
		}
		f.keywords.written = n
	}
	for _, s := range items {
		if err := t.root.Rename(s.tmp, s.final); err != nil {
			return fmt.Errorf("show message: %w", err)
		}
	}
	return syncDirs(t.root, curs)
}

// drop removes messages. One that cannot be removed from tmp is no mail there.
func (t *maildirTree) drop(items []*stored) {
	for _, s := range items {
		if err := t.root.Remove(s.tmp); errors.Is(err, fs.ErrNotExist) {
			t.root.Remove(s.final) //nolint:errcheck // the export has failed already, and says so
		}
	}
}

func (t *maildirTree) spool(n int) string { return "tmp/large." + strconv.Itoa(n) }
