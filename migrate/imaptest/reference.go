package imaptest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// ReferenceMessage is a message as a client that is none of ours reads it.
type ReferenceMessage struct {
	// Folder is the folder's name as it stands on the wire.
	Folder string `json:"folder"`
	UID    uint32 `json:"uid"`
	// Flags are sorted, without \Recent.
	Flags []string `json:"flags"`
	// InternalDate is as the server gave it, without the quotes.
	InternalDate string `json:"internaldate"`
	// Size and SHA256 (in hexadecimal) are those of the octets of BODY.PEEK[].
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Key names all there is to know of the message but its UID.
func (m ReferenceMessage) Key() string {
	return fmt.Sprintf("%s|%s|%s|%d|%s", m.Folder, strings.Join(m.Flags, " "), m.InternalDate, m.Size, m.SHA256)
}

// ReferenceKey is the Key that a message put into a folder must be read back
// with, by a server whose names have no prefix and whose delimiter is "/".
func ReferenceKey(folder string, m sample.Mail) string {
	sum := sha256.Sum256(m.Body)
	return ReferenceMessage{
		Folder: EncodeName(folder), Flags: slices.Sorted(slices.Values(m.Flags)), InternalDate: m.InternalDate,
		Size: int64(len(m.Body)), SHA256: hex.EncodeToString(sum[:]),
	}.Key()
}

// Reference reads a whole account with Python's imaplib (testdata/reference.py),
// over plain text on addr.
func Reference(tb testing.TB, addr, user, password string) []ReferenceMessage {
	tb.Helper()
	return ask[ReferenceMessage](tb, addr, user, password, filepath.Join(Root(tb), "testdata", "reference.py"))
}

// ask runs a Python program about an account and reads the JSON that it prints.
func ask[T any](tb testing.TB, addr, user, password string, python ...string) []T {
	tb.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		tb.Fatal(err)
	}
	var out []byte
	for try := 1; ; try++ {
		cmd := exec.CommandContext(tb.Context(), "python3", append(slices.Clone(python), host, port, user)...)
		cmd.Stdin = strings.NewReader(password + "\n")
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if out, err = cmd.Output(); err == nil {
			break
		}
		// What Dovecot says to a session when the state of a folder changed under it.
		if try == 3 || !strings.Contains(errs.String(), "please relogin") {
			tb.Fatalf("reference client: %v\n%s", err, &errs)
		}
	}
	var list []T
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var x T
		if err := d.Decode(&x); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			tb.Fatalf("reference client: %v", err)
		}
		list = append(list, x)
	}
}

// Root returns the directory of the repository that the test runs in.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatal("find repository: no go.mod above the working directory")
		}
		dir = parent
	}
}
