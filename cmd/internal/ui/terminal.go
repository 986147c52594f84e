package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Terminal is what can be done with the terminal that a program was started at.
type Terminal struct {
	// Redraws tells whether standard error is a terminal on which a line can be
	// drawn again.
	Redraws bool
	// Plain tells that the user wants no escape sequences (NO_COLOR).
	Plain bool
	// Width is the number of columns now.
	Width func() int
	// Prompt asks for a line without echo; nil when standard input is no
	// terminal.
	Prompt func(ctx context.Context, text string) (string, error)
	// Ask asks for a line with echo; nil when standard input is no terminal.
	Ask func(ctx context.Context, text string) (string, error)
}

// DetectTerminal looks at standard input and standard error.
func DetectTerminal(stdin, stderr *os.File, getenv func(string) string) Terminal {
	fd := int(stderr.Fd())
	t := Terminal{
		Redraws: term.IsTerminal(fd) && getenv("TERM") != "dumb" && canRedraw(stderr),
		Plain:   getenv("NO_COLOR") != "",
	}
	t.Width = func() int {
		width, _, err := term.GetSize(fd)
		if err != nil || width <= 0 {
			return 80
		}
		return width
	}
	if term.IsTerminal(int(stdin.Fd())) {
		t.Prompt = func(ctx context.Context, text string) (string, error) {
			return prompt(ctx, stdin, stderr, text)
		}
		t.Ask = func(ctx context.Context, text string) (string, error) {
			fmt.Fprint(stderr, Escape(text))
			return awaitLine(ctx, stdin)
		}
	}
	return t
}

// prompt reads a line without echo. Echo is off before the prompt is seen: what
// is typed at once must not show. When ctx ends first the goroutine that still
// reads ends with the program. Either way the terminal is left as it was.
func prompt(ctx context.Context, stdin *os.File, out io.Writer, text string) (string, error) {
	fd := int(stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("look at terminal: %w", err)
	}
	if err := echoOff(fd); err != nil {
		return "", fmt.Errorf("switch echo off: %w", err)
	}
	defer func() { _ = term.Restore(fd, before) }()
	fmt.Fprint(out, Escape(text))
	defer fmt.Fprintln(out)
	// Not term.ReadPassword: it sets the terminal's modes itself, and could do so
	// after they were put back here.
	return awaitLine(ctx, stdin)
}

// awaitLine reads a line unless ctx ends before.
func awaitLine(ctx context.Context, stdin io.Reader) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := readLine(stdin)
		answers <- answer{line, err}
	}()
	select {
	case a := <-answers:
		return a.text, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// longestLine is the most octets of a line that are kept.
const longestLine = 64 << 10

// readLine reads up to the end of the line and no further; the end of the input
// ends it, too.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for one := make([]byte, 1); ; {
		n, err := r.Read(one)
		switch {
		case n == 1 && one[0] == '\n', errors.Is(err, io.EOF):
			return strings.TrimSuffix(string(line), "\r"), nil
		case err != nil:
			return "", fmt.Errorf("read from terminal: %w", err)
		case n == 1 && len(line) < longestLine:
			line = append(line, one[0])
		}
	}
}
