// Gendocs writes the files in docs/ that are made of the commands and their texts:
// the manual page and the completions of shells. A test holds them against each
// other.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mailhaul/mailhaul/cmd/internal/app"
)

func main() {
	for name, text := range app.Documents() {
		name = filepath.Join("docs", filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(name), 0o755)
		if err == nil {
			err = os.WriteFile(name, []byte(text), 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
