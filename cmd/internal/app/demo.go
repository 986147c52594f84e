package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
	"github.com/mailhaul/mailhaul/migrate/imaptest/memory"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// demoOptions say what becomes of the demonstration's archive.
type demoOptions struct{ keep bool }

func demoCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "demo", Usage: "back up and restore sample mail of a mail server in memory", HideHelp: true,
		Description: `
A mail server is started on a free port of this machine, with sample mail in
memory. A backup of it is interrupted and resumed; a second one finds nothing to
fetch; the archive is listed and verified; then the account loses a folder, and
it is put back. Nothing else on this machine or the network is touched, and it
takes a few seconds.`,
		Flags: flags("demo"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			arguments(c, &p)
			if err := p.Err(); err != nil {
				return badLine{"demo", err}
			}
			return runDemo(c.Context, env, demoOptions{keep: c.Bool("keep")})
		},
	}
}

// The sample account of the demonstration: mail for some seconds at the rate to
// which the first backup is limited, so that there is something to interrupt.
const (
	demoUser     = "demo"
	demoPassword = "demo"
	demoMessages = 400
	demoOctets   = 6_000_000
	demoRate     = 2_000_000
	demoFolder   = "Список/Друзья"
)

func demoFolders() []string {
	return []string{"INBOX", "Archive/2024", "Work/Projects", "Entwürfe", demoFolder, "日本語", "100% sure", `with "quotes"`, "CON"}
}

// demo is the demonstration under way.
type demo struct {
	env     Env
	user    *memory.User
	account config.Endpoint
	archive string
	fetched int64 // messages, by all runs
	err     error // the first failure to write
}

func runDemo(ctx context.Context, env Env, o demoOptions) (err error) {
	dir, err := os.MkdirTemp("", "mailhaul-demo-")
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	if !o.keep {
		defer closing(&err, "demonstration", func() error { return os.RemoveAll(dir) })
	}
	server, err := memory.New(memory.Options{})
	if err != nil {
		return err
	}
	defer closing(&err, "server", server.Close)
	user, err := server.AddUser(demoUser, demoPassword)
	if err != nil {
		return err
	}
	if err := user.Fill(sample.Set{Messages: demoMessages, Octets: demoOctets}, demoFolders()); err != nil {
		return err
	}
	var p config.Problems
	d := &demo{env: env, user: user, archive: filepath.Join(dir, "archive")}
	d.account = config.ParseEndpoint("ACCOUNT", "imap://"+demoUser+"@"+server.Addr+"?tls=off", &p)
	if err := p.Err(); err != nil {
		return err
	}
	d.env.Getenv = func(name string) string {
		switch name {
		case "MAILHAUL_PASSWORD":
			return demoPassword
		case "XDG_STATE_HOME":
			return filepath.Join(dir, "state")
		}
		return env.Getenv(name)
	}
	if !env.Terminal.Redraws {
		d.env.Stderr = env.Stdout // one stream, in order
	}
	d.say("A mail server in memory at %s has %d messages, %s.", server.Addr, demoMessages, ui.Octets(demoOctets))
	if err := d.play(ctx); err != nil {
		return err
	}
	if o.keep {
		d.say("\nThe archive is %s; look into it with mailhaul ls, show and verify, or a mail program.", d.archive)
	} else {
		d.say("\nThe archive was in %s and is removed now (--keep keeps it).", dir)
	}
	return d.err
}

// play runs the scenes one after the other.
func (d *demo) play(ctx context.Context) error {
	if err := d.interrupted(ctx); err != nil {
		return err
	}
	d.say("\nThe same command again: it goes on from there.")
	if err := d.backup(ctx, 0, nil); err != nil {
		return err
	}
	d.say("\nAnd again: nothing is new, nothing is fetched.")
	before := d.fetched
	if err := d.backup(ctx, 0, nil); err != nil {
		return err
	}
	if d.fetched != demoMessages || before != d.fetched {
		return fmt.Errorf("fetch messages: %d in all, want %d, each once", d.fetched, demoMessages)
	}
	d.say("\nAll three runs together fetched %d messages: each one once. What the archive holds:", d.fetched)
	for _, folder := range []string{"", demoFolder} {
		words := []string{"ls", d.archive}
		if folder != "" {
			words = append(words, fmt.Sprintf("%q", folder))
		}
		d.command(words...)
		if err := runLs(ctx, d.env, lsOptions{archive: d.archive, folder: folder}); err != nil {
			return err
		}
	}
	d.say("\nIs every octet still what the server gave?")
	d.command("verify", d.archive)
	if err := runVerify(ctx, d.env, verifyOptions{archive: d.archive}); err != nil {
		return err
	}
	return d.accident(ctx)
}

// interrupted runs a backup and interrupts it as Ctrl-C would, as soon as the
// first messages are safe.
func (d *demo) interrupted(ctx context.Context) error {
	d.say("\nA first backup, over a slow line, is interrupted half-way, as by Ctrl-C.")
	running, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	err := d.backup(running, demoRate, func() { interrupt(Interrupted{os.Interrupt}) })
	if err == nil {
		return errors.New("interrupt backup: it was done before")
	}
	if running.Err() != nil && ctx.Err() == nil { // not the user's own Ctrl-C
		return nil
	}
	return err
}

// backup runs the backup command; safe is called when messages became safe.
func (d *demo) backup(ctx context.Context, rate int64, safe func()) error {
	words := []string{"backup", d.url(), d.archive}
	if rate > 0 {
		words = append(words, "--limit-rate", fmt.Sprintf("%dM", rate/1_000_000))
	}
	d.command(words...)
	last := int64(0)
	err := runBackup(ctx, d.env, backupOptions{
		source:  accountOptions{endpoint: d.account, limitRate: rate},
		archive: d.archive,
		output:  outputOptions{summary: true},
		watch: func(e migrate.Event) {
			if e.Kind == migrate.EventProgress && e.Messages > last {
				last = e.Messages
				if safe != nil {
					safe()
				}
			}
		},
	})
	d.fetched += last
	return err
}

// url is the account as a user would type it.
func (d *demo) url() string {
	return `"imap://` + demoUser + "@" + d.account.Address() + `?tls=off"`
}

// command shows a command as the user would type it.
func (d *demo) command(words ...string) {
	text := "\n$ mailhaul"
	for _, w := range words {
		text += " " + w
	}
	d.say("%s", text)
}

func (d *demo) say(format string, args ...any) {
	if _, err := io.WriteString(d.env.Stdout, fmt.Sprintf(format, args...)+"\n"); err != nil && d.err == nil {
		d.err = fmt.Errorf("write to standard output: %w", err)
	}
}
