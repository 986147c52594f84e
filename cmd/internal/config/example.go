package config

import (
	_ "embed" // the example
	"errors"
	"io/fs"
	"os"
	"strings"
)

//go:embed example.toml
var example string

// Example is a config file that shows what there is.
func Example() string { return example }

// blank is a new config file: the example, all of it a comment.
func blank() string {
	var b strings.Builder
	for line := range strings.Lines(example) {
		if text := strings.TrimSpace(line); text != "" && text[0] != '#' {
			b.WriteString("#")
		}
		b.WriteString(line)
	}
	return b.String()
}

// Make writes a new config file, the example as a comment. It is a *UsageError if
// there is a file.
func Make(name string) error {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return Usagef("there is a file %s already", name)
	}
	return WritePrivate(name, []byte(blank()))
}
