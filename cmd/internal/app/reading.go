package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/mailhaul/mailhaul/archive"
	"github.com/mailhaul/mailhaul/checkpoint"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// readArchive opens an archive for reading and gives it to do.
func readArchive(ctx context.Context, dir string, do func(*archive.Archive) error) error {
	if config.IsURL(dir) {
		return config.Usagef("ARCHIVE is a URL; an archive is a directory")
	}
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return config.Usagef("ARCHIVE: there is no directory %s", dir)
	}
	a, err := archive.OpenReadOnly(ctx, dir)
	if err != nil {
		return err
	}
	err = do(a)
	if closeErr := a.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("close archive: %w", closeErr)
	}
	return err
}

// writeArchive opens an archive that is there for writing and gives it to do.
func writeArchive(ctx context.Context, env Env, dir string, do func(*archive.Archive) error) (err error) {
	if config.IsURL(dir) {
		return config.Usagef("ARCHIVE is a URL; an archive is a directory")
	}
	if _, err := os.Stat(filepath.Join(dir, ledgerName)); os.IsNotExist(err) { // archive.Open would make one
		return config.Usagef("ARCHIVE: there is no archive at %s", dir)
	}
	a, err := archive.Open(ctx, dir, archive.Options{Now: env.Now})
	if err != nil {
		return err
	}
	defer closing(&err, "archive", a.Close)
	return do(a)
}

// findFolder returns the folder of that name. INBOX is found in any case
// (RFC 9051, 5.1), other names only as they are; one that is there before one that
// is gone.
func findFolder(ctx context.Context, from catalogue, name string) (checkpoint.Folder, error) {
	folders, err := from.Folders(ctx)
	if err != nil {
		return checkpoint.Folder{}, err
	}
	var names []string
	var found *checkpoint.Folder
	for _, f := range folders {
		named := f.Name == name || strings.EqualFold(name, "INBOX") && strings.EqualFold(f.Name, "INBOX")
		if named && (found == nil || found.GoneRun != 0 && f.GoneRun == 0) {
			found = &f
		}
		names = append(names, f.Name)
	}
	if found != nil {
		return *found, nil
	}
	meant := "; 'mailhaul ls ARCHIVE' lists the folders"
	if n := config.Nearest(name, names); n != "" {
		meant = fmt.Sprintf("; did you mean %q?", n)
	}
	return checkpoint.Folder{}, config.Usagef("FOLDER: there is no folder %q in the archive%s", name, meant)
}
