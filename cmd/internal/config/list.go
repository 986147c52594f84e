package config

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ListEntry is a line of a list of accounts that are migrated. Source and Target
// are URLs or names of accounts; the passwords are "" where these say where to find
// them.
type ListEntry struct {
	Line                           int
	Source, Target                 string
	SourcePassword, TargetPassword string
}

// listColumns are the columns of a list; the last two need not be there.
var listColumns = []string{"source", "target", "source-password", "target-password"}

// longestList is the most octets of a list.
const longestList = 64 << 20

// ReadList reads a list of accounts, a CSV file (RFC 4180) whose first line names
// its columns: source, target, and optionally source-password and target-password.
// Columns may be separated by semicolons; lines that begin with # say nothing. All
// its mistakes are in the *UsageError that it returns, and so is a file that others
// can read.
func ReadList(name string) ([]ListEntry, error) {
	text, err := ReadPrivate("list", name, longestList+1)
	if err != nil {
		return nil, err
	}
	if len(text) > longestList {
		return nil, Usagef("list: %s is longer than %d octets", name, longestList)
	}
	return ParseList(name, text)
}

// ParseList reads the text of a list; name stands in messages.
func ParseList(name string, text []byte) ([]ListEntry, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))))
	r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace = '#', -1, true
	if first, _, _ := bytes.Cut(text, []byte("\n")); bytes.Contains(first, []byte(";")) && !bytes.Contains(first, []byte(",")) {
		r.Comma = ';'
	}
	var p Problems
	addf := func(line int, format string, args ...any) {
		p.Addf("%s:%d: %s", name, line, fmt.Sprintf(format, args...))
	}
	var columns []string
	var list []ListEntry
	pairs := map[[2]string]int{}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
			addf(bad.Line, "this is no CSV: %v", bad.Err)
			break // what follows cannot be told apart
		}
		if err != nil {
			return nil, fmt.Errorf("read list: %w", err)
		}
		line, _ := r.FieldPos(0)
		if columns == nil {
			columns = headOfList(record, func(format string, args ...any) { addf(line, format, args...) })
			if p.Err() != nil {
				break // without it no line can be read
			}
			continue
		}
		if len(record) != len(columns) {
			addf(line, "%d columns, the first line has %d", len(record), len(columns))
			continue
		}
		e := ListEntry{Line: line}
		for i, c := range columns {
			e.set(c, record[i])
		}
		switch first := pairs[[2]string{e.Source, e.Target}]; {
		case e.Source == "" || e.Target == "":
			addf(line, "source or target is empty")
		case first > 0:
			addf(line, "the same accounts as in line %d", first)
		default:
			pairs[[2]string{e.Source, e.Target}] = line
			list = append(list, e)
		}
	}
	if len(list) == 0 && p.Err() == nil {
		p.Addf("%s: there is no account in it; the first line names the columns, source,target, each other line is an account", name)
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return list, nil
}

// headOfList reads the names of the columns.
func headOfList(record []string, addf func(string, ...any)) []string {
	var columns []string
	for _, c := range record {
		c = strings.ToLower(strings.TrimSpace(c))
		switch {
		case !slices.Contains(listColumns, c):
			addf("unknown column %q%s; the columns are %s", Redact(c), DidYouMean(c, listColumns), strings.Join(listColumns, ", "))
		case slices.Contains(columns, c):
			addf("the column %s stands twice", c)
		}
		columns = append(columns, c)
	}
	for _, c := range listColumns[:2] {
		if !slices.Contains(columns, c) {
			addf("there is no column %s; the first line names the columns", c)
		}
	}
	return columns
}

func (e *ListEntry) set(column, text string) {
	switch column {
	case "source":
		e.Source = strings.TrimSpace(text)
	case "target":
		e.Target = strings.TrimSpace(text)
	case "source-password":
		e.SourcePassword = text
	case "target-password":
		e.TargetPassword = text
	}
}
