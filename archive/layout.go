package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/internal/fsys"
)

// What an archive's directory holds.
const (
	ledgerName = "mailhaul.db"
	lockName   = "lock"
	readmeName = "README.txt"
	mailName   = "mail"
)

// lockSignature begins what a holder writes into the lock file.
const lockSignature = "mailhaul "

// readmeHead begins every README.txt, whatever version wrote it.
const readmeHead = "This directory is a mail archive, written by mailhaul.\n"

const readme = readmeHead + `
  mail/         the messages, in standard formats (see below)
  mailhaul.db   the catalogue: folders by their true names, every message with
                its flags, dates and checksum, and the history (SQLite 3)
  folders.txt   the folders' true names once more, should the catalogue be lost
  quarantine/   what "mailhaul repair" and "mailhaul rebuild" took out of the way
  lock          says which process is writing, empty when none is

The mail can be read without mailhaul:

  Maildir   Directories with cur, new and tmp in them, one for each folder.
            mutt -f mail/INBOX opens one, and so does any other mail program
            that knows Maildir, a Dovecot server (mail_location =
            maildir:/path/to/mail:LAYOUT=fs), or Python's mailbox.Maildir.
            File names carry the date of arrival, UIDVALIDITY, UID and the
            beginning of the SHA-256 of the message.
  mbox      Files that end in .mbox, one for each folder, in the form called
            mboxrd: lines of a message that begin with "From " after any number
            of ">" have one more ">". mutt -f mail/INBOX.mbox opens one, and so
            do Thunderbird (import) and Python's mailbox.mbox.

Characters of a folder's name that some system refuses in a file name are
written as % and two hexadecimal digits. Where two names differ by case only,
one ends in ~2. Lines end with LF where they ended with CR LF on the server;
messages with other line ends are stored as they came.

Please do not move, change or add files while mailhaul runs. Reading is safe at
any time. "mailhaul verify" tells whether everything is still as it was written,
"mailhaul repair" fetches again what is not, and "mailhaul rebuild" makes a
catalogue that is lost anew from the mail.
`

// isArchive tells whether root is an archive with a ledger. It returns an error
// that wraps ErrUsage when root is something else that has things in it. A
// directory that is empty, or holds only what the first moments of an archive
// leave behind, is not an archive yet and no error.
func isArchive(root *os.Root) (bool, error) {
	if _, err := root.Lstat(ledgerName); err == nil {
		return true, checkLedgerFiles(root)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("look for ledger: %w", err)
	}
	if empty, err := isEmptyDir(root, mailName); err == nil && !empty && isOurs(root) {
		return false, &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: "open archive " + root.Name(), Hint: rebuildHint,
			Err: fmt.Errorf("%w: its ledger %s is missing, but mail is there", mailhaul.ErrDamaged, ledgerName)}
	}
	return false, fsys.EachName(root, ".", func(e fs.DirEntry) error {
		ours, err := isBeginning(root, e)
		if err != nil || ours {
			return err
		}
		return fmt.Errorf("%w: %s is not a mailhaul archive and not empty (it has %q)",
			mailhaul.ErrUsage, root.Name(), e.Name())
	})
}

// rebuildHint is what to do about a ledger that cannot be used.
const rebuildHint = "'mailhaul rebuild ARCHIVE' makes the ledger anew from the mail; the old one is kept"

// ledgerError tells how a ledger that is damaged is mended.
func ledgerError(dir string, err error) error {
	if errors.Is(err, mailhaul.ErrDamaged) {
		return &mailhaul.Error{Scope: mailhaul.ScopeRun, Op: "open archive " + dir, Hint: rebuildHint, Err: err}
	}
	return fmt.Errorf("open archive %s: %w", dir, err)
}

// isEmptyDir tells whether a directory has nothing in it.
func isEmptyDir(root *os.Root, dir string) (bool, error) {
	empty := true
	err := fsys.EachName(root, dir, func(fs.DirEntry) error {
		empty = false
		return nil
	})
	return empty, err
}

// isBeginning tells whether an entry may be what a first run left that was
// killed before it had a ledger.
func isBeginning(root *os.Root, e fs.DirEntry) (bool, error) {
	switch e.Name() {
	case lockName:
		return e.Type().IsRegular() && beginsWith(root, lockName, lockSignature), nil
	case readmeName:
		return e.Type().IsRegular() && beginsWith(root, readmeName, readme), nil
	case mailName:
		if !e.IsDir() {
			return false, nil
		}
		return isEmptyDir(root, mailName)
	case ledgerName + "-journal", ledgerName + "-wal", ledgerName + "-shm":
		// A power loss may keep the name of one of these and not the ledger's;
		// with no mail there is nothing in it that matters.
		return e.Type().IsRegular(), nil
	}
	return false, nil
}

// beginsWith tells whether a file and text agree as far as both go: the file
// was written as far as it was when its writer was killed. After a power loss
// it may have its size and not, or not everywhere, its data: zeros agree too.
func beginsWith(root *os.Root, name, text string) bool {
	f, err := fsys.OpenRegular(root, name, os.O_RDONLY)
	if err != nil {
		return false
	}
	defer f.Close()
	b := make([]byte, len(text))
	n, err := f.ReadAt(b, 0)
	for i := range n {
		if b[i] != text[i] && b[i] != 0 {
			return false
		}
	}
	return err == nil || n < len(text)
}

// checkLedgerFiles refuses a ledger that is a symbolic link or anything else
// than a file: it is opened by path, outside root's protection.
func checkLedgerFiles(root *os.Root) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		info, err := root.Lstat(ledgerName + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look at ledger: %w", err)
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("open ledger %s: %w (%s)", ledgerName+suffix, fsys.ErrSymlink, info.Mode().Type())
		}
	}
	return nil
}

// writeReadme writes README.txt durably, unless there is one that is not what
// this program wrote or began to write: the user's is left alone.
func writeReadme(root *os.Root) error {
	switch info, err := root.Lstat(readmeName); {
	case err == nil && (info.Size() > int64(len(readme)) || !beginsWith(root, readmeName, readme)):
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("look at %s: %w", readmeName, err)
	}
	f, err := root.OpenFile(readmeName, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fsys.FileMode)
	if err != nil {
		return fmt.Errorf("write %s: %w", readmeName, err)
	}
	if _, err = f.WriteString(readme); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", readmeName, err)
	}
	return nil
}
