package archive

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// catalogueName is the file with what paths cannot carry of folders: their true
// names, which a server's own spelling makes exact. Rebuild reads it when the
// ledger is lost; nothing else does.
const catalogueName = "folders.txt"

const catalogueHead = `# The folders of this archive by their true names. Written by mailhaul at the end
# of a run; only "mailhaul rebuild" reads it, when the ledger mailhaul.db is lost.
`

// maxCatalogue bounds what is read of a file that anybody may have put there.
const maxCatalogue = 256 << 20

// catalogue is what the file holds.
type catalogue struct {
	identity checkpoint.Identity
	folders  []checkpoint.Folder // those that have a place; GoneRun is 0 or not
}

// text returns the file's text. It ends with a hash of all that stands before.
func (c catalogue) text() []byte {
	var b bytes.Buffer
	b.WriteString(catalogueHead)
	pair := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s=%s ", key, strconv.Quote(value))
		}
	}
	yes := func(key string, is bool) {
		if is {
			pair(key, "yes")
		}
	}
	line := func() {
		b.Truncate(b.Len() - len(" "))
		b.WriteByte('\n')
	}
	pair("format", c.identity.Format)
	pair("account", c.identity.Account)
	line()
	slices.SortFunc(c.folders, func(x, y checkpoint.Folder) int { return cmp.Compare(x.Place, y.Place) })
	for _, f := range c.folders {
		pair("place", f.Place)
		pair("name", f.Name)
		pair("raw", f.Raw)
		pair("delimiter", f.Delimiter)
		pair("namespace", f.Namespace)
		pair("use", f.SpecialUse)
		pair("uidvalidity", strconv.FormatUint(uint64(f.UIDValidity), 10))
		yes("subscribed", f.Subscribed)
		yes("noselect", f.NoSelect)
		yes("gone", f.GoneRun != 0)
		line()
	}
	sum := sha256.Sum256(b.Bytes())
	pair("sha256", hex.EncodeToString(sum[:]))
	line()
	return b.Bytes()
}

// parseCatalogue reads a file's text. It believes all of it or nothing.
func parseCatalogue(text []byte) (catalogue, error) {
	var c catalogue
	body := bytes.TrimSuffix(text, []byte("\n"))
	end := bytes.LastIndexByte(body, '\n') + 1
	last, err := parsePairs(string(body[end:]))
	if err != nil {
		return c, err
	}
	if sum := sha256.Sum256(text[:end]); last["sha256"] != hex.EncodeToString(sum[:]) {
		return c, errors.New("it was changed")
	}
	for line := range strings.Lines(string(text[:end])) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		pairs, err := parsePairs(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return c, err
		}
		if pairs["place"] == "" {
			c.identity = checkpoint.Identity{Account: pairs["account"], Format: pairs["format"]}
			continue
		}
		validity, err := strconv.ParseUint(pairs["uidvalidity"], 10, 32)
		if err != nil {
			return c, fmt.Errorf("read UIDVALIDITY: %w", err)
		}
		f := checkpoint.Folder{Folder: mailhaul.Folder{
			Place: pairs["place"], Name: pairs["name"], Raw: pairs["raw"], Delimiter: pairs["delimiter"],
			Namespace: pairs["namespace"], SpecialUse: pairs["use"], UIDValidity: uint32(validity),
			Subscribed: pairs["subscribed"] != "", NoSelect: pairs["noselect"] != "",
		}}
		if pairs["gone"] != "" {
			f.GoneRun = 1
		}
		c.folders = append(c.folders, f)
	}
	return c, nil
}

// parsePairs reads a line of key="value" pairs.
func parsePairs(line string) (map[string]string, error) {
	pairs := make(map[string]string)
	for line != "" {
		key, rest, found := strings.Cut(line, "=")
		quoted, err := strconv.QuotedPrefix(rest)
		if !found || err != nil {
			return nil, errors.New("it is not what mailhaul wrote")
		}
		if pairs[key], err = strconv.Unquote(quoted); err != nil {
			return nil, err
		}
		line = strings.TrimPrefix(rest[len(quoted):], " ")
	}
	return pairs, nil
}

// readCatalogue reads the file. The error wraps fs.ErrNotExist when there is
// none, ErrDamaged when it cannot be believed.
func readCatalogue(root *os.Root) (catalogue, error) {
	text, err := catalogueText(root)
	if err != nil {
		return catalogue{}, err
	}
	c, err := parseCatalogue(text)
	if err != nil {
		return catalogue{}, fmt.Errorf("%w: %s: %w", mailhaul.ErrDamaged, catalogueName, err)
	}
	return c, nil
}

func catalogueText(root *os.Root) ([]byte, error) {
	f, err := fsys.OpenRegular(root, catalogueName, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxCatalogue))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", catalogueName, err)
	}
	return text, nil
}

// writeCatalogue brings the file up to date with the ledger. When it is so
// already nothing is written.
func (a *Archive) writeCatalogue(ctx context.Context) error {
	id, err := a.ledger.Identity(ctx)
	if err != nil {
		return err
	}
	folders, err := a.ledger.Folders(ctx)
	if err != nil {
		return err
	}
	folders = slices.DeleteFunc(folders, func(f checkpoint.Folder) bool { return f.Place == "" })
	if len(folders) == 0 {
		return nil // nothing that is not said by there being nothing
	}
	text := catalogue{id, folders}.text()
	// What cannot be read is written anew.
	if old, err := catalogueText(a.root); err == nil && bytes.Equal(old, text) {
		return nil
	}
	return replaceFile(a.root, catalogueName, text)
}

// newSuffix ends the name of a file that is written beside the one that it is to
// replace.
const newSuffix = ".new"

// replaceFile writes a file of the archive's directory so that, whenever it is
// cut off, the old one or the new one is there:
//
//  1. the new one is written beside it and synced
//  2. it is renamed
//  3. the directory is synced
func replaceFile(root *os.Root, name string, text []byte) error {
	// What a run left that was cut off, whatever it is: it is not opened.
	if err := root.Remove(name + newSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write %s: %w", name, err)
	}
	f, err := root.OpenFile(name+newSuffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fsys.FileMode)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = root.Rename(name+newSuffix, name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return syncDir(root, ".")
}
