//go:build !linux

package main

import (
	"os"
	"path/filepath"
)

// syncGroup makes files and the directories that hold them durable, one by one.
func syncGroup(_ string, files []string) error {
	seen := map[string]bool{}
	for _, name := range files {
		if err := syncOne(name, os.O_RDWR); err != nil {
			return err
		}
		seen[filepath.Dir(name)] = true
	}
	for name := range seen {
		if err := syncOne(name, os.O_RDONLY); err != nil {
			return err
		}
	}
	return nil
}

func syncOne(name string, how int) error {
	f, err := os.OpenFile(name, how, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
