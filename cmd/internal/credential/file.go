package credential

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// longest is the most octets of a file or an output that are looked at.
const longest = 64 << 10

// fromFile reads the first line of a file that nobody else may read.
func fromFile(name, home string) (string, error) {
	const what = "password file"
	name = config.ExpandHome(name, home)
	text, err := config.ReadPrivate(what, name, longest)
	if err != nil {
		return "", err
	}
	return firstOf(text, what, name)
}

// fromSystemd reads a credential of a systemd service (systemd.exec(5),
// Credentials). The service manager guards the directory; the modes of the files
// in it can look wider than they are, because of access lists.
func fromSystemd(name, dir string) (string, error) {
	const what = "systemd credential"
	switch {
	case dir == "":
		return "", config.Usagef("%s %q: CREDENTIALS_DIRECTORY is not set; systemd sets it for a service with LoadCredential=%s:FILE or LoadCredentialEncrypted=", what, name, name)
	case strings.ContainsAny(name, `/\`) || name == "." || name == "..":
		return "", config.Usagef("%s %q: this is no name of a credential", what, name)
	}
	file := filepath.Join(dir, name)
	text, err := os.ReadFile(file)
	if err != nil {
		return "", config.Usagef("%s: %v", what, err)
	}
	return firstOf(text, what, file)
}

// firstOf is the first line of a file; an empty one is a mistake.
func firstOf(text []byte, what, name string) (string, error) {
	password := firstLine(text)
	if password == "" {
		return "", config.Usagef("%s: the first line of %s is empty", what, name)
	}
	return password, nil
}

// firstLine is what stands before the first line end. A password that begins or
// ends with a blank keeps it.
func firstLine(text []byte) string {
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r")
}
