package credential

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
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
		if argv, err = commandLine(r.Command); err != nil {
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

// commandLine splits a command into words as a shell would, without running
// one. Only a command that uses what a shell alone can do is given to a shell.
func commandLine(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord := false
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && !strings.ContainsRune("\"\\$`", rune(c)):
			word.WriteByte(c)
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, inWord = c, true
		case c == '\\' && runtime.GOOS != "windows" && i+1 < len(text):
			i++
			if quote == '"' && !strings.ContainsRune("\"\\$`", rune(text[i])) {
				word.WriteByte(c)
			}
			word.WriteByte(text[i])
			inWord = true
		case strings.ContainsRune("|&;<>()$`*?[~#\n", rune(c)) && needsShell(c, inWord):
			return shell(text), nil
		case quote == 0 && (c == ' ' || c == '\t'):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, config.Usagef("password command: a closing %c is missing", quote)
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, config.Usagef("password command: it is empty")
	}
	if name, _, assigns := strings.Cut(words[0], "="); assigns && !strings.ContainsAny(name, `/\`) {
		return shell(text), nil // VARIABLE=value command
	}
	return words, nil
}

// needsShell: ~ and # mean something at the beginning of a word only.
func needsShell(c byte, inWord bool) bool { return !inWord || (c != '~' && c != '#') }

func shell(text string) []string {
	if runtime.GOOS == "windows" {
		return []string{"cmd", "/C", text}
	}
	return []string{"/bin/sh", "-c", text}
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
