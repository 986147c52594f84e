package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// batchSize is how many messages one APPEND carries (RFC 3502).
const batchSize = 100

// appendAll puts the files that a fetch has written below dir into the account:
// each directory into a new folder of its name. Nothing is waited for until all
// is sent: literals need no consent of the server (RFC 7888), and the answers
// are read beside. All messages get the same flag and date.
func (c *conn) appendAll(dir string) (tally, error) {
	answers := make(chan error, 1)
	go func() {
		err := c.answers()
		if err != nil {
			c.close() // else the sending goes on, or hangs
		}
		answers <- err
	}()
	done, err := c.sendAll(dir)
	if err != nil {
		c.close()
	}
	return done, errors.Join(err, <-answers)
}

// answers reads until the server has said goodbye. Each command must have
// succeeded.
func (c *conn) answers() error {
	for ended := false; ; {
		line, err := c.response()
		if err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		tag, rest, _ := strings.Cut(line, " ")
		if tag == "*" {
			ended = ended || strings.HasPrefix(rest, "BYE")
			continue
		}
		if err := answered(line, tag); err != nil || ended {
			return err
		}
	}
}

// sendAll sends everything.
func (c *conn) sendAll(dir string) (done tally, err error) {
	folders, err := os.ReadDir(dir)
	if err != nil {
		return done, err
	}
	for _, folder := range folders {
		files, err := os.ReadDir(filepath.Join(dir, folder.Name()))
		if err != nil {
			return done, err
		}
		c.send("CREATE " + folder.Name())
		for i, file := range files {
			if i%batchSize == 0 {
				c.begin("APPEND " + folder.Name())
			}
			octets, err := c.sendFile(filepath.Join(dir, folder.Name(), file.Name()))
			if err != nil {
				return done, fmt.Errorf("send message: %w", err)
			}
			done.messages++
			done.octets += octets
			if (i+1)%batchSize == 0 || i+1 == len(files) {
				_, _ = c.w.WriteString("\r\n") // an error stays until Flush
			}
		}
	}
	c.send("LOGOUT")
	return done, c.w.Flush()
}

// sendFile sends one message: from the file into the buffer of the connection,
// or past it where the system can do that.
func (c *conn) sendFile(name string) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if _, err := fmt.Fprintf(c.w, " (\\Seen) \"17-Jul-2020 02:44:25 -0700\" {%d+}\r\n", info.Size()); err != nil {
		return 0, err
	}
	n, err := c.w.ReadFrom(io.LimitReader(f, info.Size()))
	if n < info.Size() {
		return n, cmp.Or(err, io.ErrUnexpectedEOF)
	}
	return n, err
}
