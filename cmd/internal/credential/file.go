package credential

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// longest is the most octets of a file or an output that are looked at.
const longest = 64 << 10

// fromFile reads the first line of a file that nobody else may read.
func fromFile(name, home string) (string, error) {
	name = config.ExpandHome(name, home)
	f, err := os.Open(name)
	if err != nil {
		return "", config.Usagef("password file: %v", err)
	}
	defer f.Close()
	// The open file is asked, not the name: it cannot be swapped in between.
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("look at password file: %w", err)
	}
	if info.IsDir() {
		return "", config.Usagef("password file: %s is a directory", name)
	}
	if othersCanRead(info) {
		return "", config.Usagef("password file: %s can be read by others; run: chmod 600 %s", name, shellQuote(name))
	}
	text, err := io.ReadAll(io.LimitReader(f, longest))
	if err != nil {
		return "", fmt.Errorf("read password file: %w", err)
	}
	password := firstLine(text)
	if password == "" {
		return "", config.Usagef("password file: the first line of %s is empty", name)
	}
	return password, nil
}

// firstLine is what stands before the first line end. A password that begins or
// ends with a blank keeps it.
func firstLine(text []byte) string {
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r")
}

// shellQuote makes text one word of a POSIX shell.
func shellQuote(text string) string {
	plain := func(r rune) bool {
		return r < 0x80 && (r == '/' || r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' ||
			r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z')
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
