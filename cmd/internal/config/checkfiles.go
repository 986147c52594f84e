package config

import (
	"os"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// CheckFiles looks at the files that accounts name: that they are there, and that
// those with secrets are their owner's alone. Mistakes are in a *UsageError.
func (f *File) CheckFiles() error {
	var p Problems
	for _, a := range f.Accounts {
		for _, key := range []string{"password-file", "client-secret-file", "key-file"} {
			v := Resolve(key, a.Values, a.oauth)
			if v.Text() == "" {
				continue
			}
			if _, err := ReadPrivate(key, v.Text(), 1); err != nil {
				p.Addf("%s: %s", v.Origin, strings.TrimPrefix(err.Error(), mailhaul.ErrUsage.Error()+": "))
			}
		}
		if v := a.Values["ca"]; v.Text() != "" {
			if _, err := os.Stat(v.Text()); err != nil {
				p.Addf("%s: ca: %v", v.Origin, err)
			}
		}
	}
	return p.Err()
}
