package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// groupSize is how many files are made durable together.
const groupSize = 1000

// store is the directory that all connections write to.
type store struct {
	dir    string
	format string
	sync   bool

	// Groups of files are made durable beside the writing of the next ones.
	groups chan []string
	wg     sync.WaitGroup
	err    error
}

// newStore makes the directory, and in it one for each folder.
func newStore(o options, folders []folder) (*store, error) {
	s := &store{dir: o.dir, format: o.format, sync: o.sync, groups: make(chan []string)}
	if s.format == "none" {
		return s, nil
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, err
	}
	if s.format == "files" {
		for _, f := range folders {
			if err := os.Mkdir(s.folder(f), 0o700); err != nil {
				return nil, err
			}
		}
	}
	s.wg.Go(func() {
		for files := range s.groups {
			if err := syncGroup(s.dir, files); err != nil && s.err == nil {
				s.err = fmt.Errorf("sync files: %w", err)
			}
		}
	})
	return s, nil
}

func (s *store) folder(f folder) string { return filepath.Join(s.dir, strconv.Itoa(f.number)) }

// close returns when all that was put is durable.
func (s *store) close() error {
	close(s.groups)
	s.wg.Wait()
	if s.err != nil || !s.sync || s.format != "mbox" {
		return s.err
	}
	d, err := os.Open(s.dir) // the names of the mboxes
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// sink takes the messages of one connection.
type sink interface {
	put(message) error
	close() error
}

// sink makes the i-th connection's sink.
func (s *store) sink(i int) (sink, error) {
	switch s.format {
	case "none":
		return noSink{}, nil
	case "files":
		return &fileSink{store: s}, nil
	}
	f, err := os.Create(filepath.Join(s.dir, strconv.Itoa(i)+".mbox"))
	if err != nil {
		return nil, err
	}
	return &mboxSink{file: f, w: bufio.NewWriterSize(f, buffer), sync: s.sync}, nil
}

// noSink throws messages away.
type noSink struct{}

func (noSink) put(m message) error { return m.writeTo(io.Discard) }
func (noSink) close() error        { return nil }

// fileSink writes a file a message.
type fileSink struct {
	store *store
	group []string
}

func (s *fileSink) put(m message) error {
	name := filepath.Join(s.store.folder(m.folder), m.number)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := m.writeTo(f); err != nil {
		_ = f.Close()
		return fmt.Errorf("write message: %w", err)
	}
	if err := f.Close(); err != nil || !s.store.sync {
		return err
	}
	if s.group = append(s.group, name); len(s.group) == groupSize {
		return s.close()
	}
	return nil
}

func (s *fileSink) close() error {
	if len(s.group) > 0 {
		s.store.groups <- s.group
		s.group = nil
	}
	return nil
}

// mboxSink writes all messages to one file, without quoting.
type mboxSink struct {
	file *os.File
	w    *bufio.Writer
	sync bool
}

func (s *mboxSink) put(m message) error {
	if _, err := s.w.WriteString("From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n"); err != nil {
		return err
	}
	if err := m.writeTo(s.w); err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	return s.w.WriteByte('\n')
}

func (s *mboxSink) close() error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	if s.sync {
		if err := s.file.Sync(); err != nil {
			return err
		}
	}
	return s.file.Close()
}
