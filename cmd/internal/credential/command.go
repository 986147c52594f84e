package credential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// defaultLimit is long enough for a person to unlock a key.
const defaultLimit = time.Minute

// fromCommand runs the command and returns the first line that it writes. Its
// arguments are never repeated in an error: they may be secret.
func fromCommand(ctx context.Context, r Request, env Env) (string, error) {
	argv := r.Words
	if len(argv) == 0 {
		var err error
		if argv, err = config.CommandLine("password command", r.Command); err != nil {
			return "", err
		}
	}
	limit := env.CommandLimit
	if limit == 0 {
		limit = defaultLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var out capped
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = withoutPasswords(env.Environ, env.Secrets)
	cmd.Stdout, cmd.Stderr = &out, env.Stderr
	// A grandchild that keeps the pipe open cannot hold us for ever.
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch exit, exited := errors.AsType[*exec.ExitError](err); {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "", fmt.Errorf("run password command %s: no answer within %s", argv[0], limit)
	case ctx.Err() != nil:
		return "", fmt.Errorf("run password command %s: %w", argv[0], ctx.Err())
	case exited:
		return "", fmt.Errorf("run password command %s: it ended with %s", argv[0], exit.ProcessState)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return "", config.Usagef("password command %s: %v", argv[0], err)
	}
	password := firstLine(out.data.Bytes())
	if password == "" {
		return "", fmt.Errorf("run password command %s: the first line of its output is empty", argv[0])
	}
	return password, nil
}

// withoutPasswords leaves out what other accounts' passwords may be in.
func withoutPasswords(environ, secrets []string) []string {
	var out []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		own := strings.HasPrefix(name, "MAILHAUL_") && strings.HasSuffix(name, "PASSWORD")
		if !own && !slices.Contains(secrets, name) {
			out = append(out, kv)
		}
	}
	return out
}

// capped keeps the first octets written to it and drops the rest, so that a
// command that never stops writing costs no memory.
type capped struct{ data bytes.Buffer }

func (c *capped) Write(b []byte) (int, error) {
	if room := longest - c.data.Len(); room > 0 {
		c.data.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}
