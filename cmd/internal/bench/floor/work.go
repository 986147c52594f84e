package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// folder is a folder with messages in it.
type folder struct {
	number   int
	name     string // as it stands in a command, quoted
	messages int
}

// piece is a range of messages of one folder, by their numbers.
type piece struct {
	folder      folder
	first, last int
}

// folders asks for all folders and their numbers of messages at once (RFC 5819).
func (c *conn) folders() ([]folder, error) {
	lines, err := c.ask(`LIST "" "*" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY))`)
	if err != nil {
		return nil, fmt.Errorf("list folders: %w", err)
	}
	var all []folder
	for _, line := range lines {
		rest, isStatus := strings.CutPrefix(line, "* STATUS ")
		name, items, ok := strings.Cut(rest, " (MESSAGES ")
		if !isStatus || !ok {
			continue
		}
		number, _, _ := strings.Cut(items, " ")
		n, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("read status %q: %w", line, err)
		}
		if n > 0 {
			all = append(all, folder{number: len(all), name: name, messages: n})
		}
	}
	slices.SortStableFunc(all, func(a, b folder) int { return b.messages - a.messages })
	return all, nil
}

// split cuts the folders into pieces: a whole folder is one when there is a
// single connection, else there are enough for all to end at about one time.
func split(folders []folder, connections int) <-chan piece {
	const least, each = 100, 16
	size, sum := 0, 0
	for _, f := range folders {
		sum += f.messages
		size = max(size, f.messages)
	}
	if connections > 1 {
		size = max(least, sum/(each*connections))
	}
	var pieces []piece
	for _, f := range folders {
		for first := 1; first <= f.messages; first += size {
			pieces = append(pieces, piece{f, first, min(first+size-1, f.messages)})
		}
	}
	work := make(chan piece, len(pieces))
	for _, p := range pieces {
		work <- p
	}
	close(work)
	return work
}
