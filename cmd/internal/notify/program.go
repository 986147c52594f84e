package notify

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// command runs the command of the user.
func (h Hooks) command(ctx context.Context, r Report) error {
	return run(ctx, "notify command", h.Command, append(h.Environ, r.variables()...), r.Text)
}

// run runs a program with a text on its standard input. What it writes on standard
// error is part of the error when it fails.
func run(ctx context.Context, what string, argv, environ []string, text string) error {
	var said tail
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = environ
	cmd.Stdin = strings.NewReader(text)
	cmd.Stderr = &said
	cmd.WaitDelay = time.Second // a grandchild that keeps the pipe open cannot hold us
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("not done within %s", limit)
		}
		if words := strings.TrimSpace(said.String()); words != "" {
			return fmt.Errorf("%s %s: %w: %s", what, argv[0], err, words)
		}
		return fmt.Errorf("%s %s: %w", what, argv[0], err)
	}
	return nil
}

// tail keeps the end of what is written to it.
type tail struct{ bytes.Buffer }

const longestTail = 2000

func (t *tail) Write(p []byte) (int, error) {
	t.Buffer.Write(p)
	if over := t.Len() - longestTail; over > 0 {
		t.Next(over)
	}
	return len(p), nil
}
