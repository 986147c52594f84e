package app

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/credential"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
)

// accountOptions say which account is meant, and how it is reached.
type accountOptions struct {
	endpoint    config.Endpoint
	timeout     time.Duration
	connections int
	limitRate   int64
	trace       string // the file that the conversation is written to, or ""
}

// mostConnections is more than any server grants a user.
const mostConnections = 32

func accountFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "connections", Usage: "at most `N` connections to the server (4)"},
		&cli.StringFlag{Name: "timeout", Usage: "give a connection up after `TIME` without one octet (60s)"},
		&cli.StringFlag{Name: "limit-rate", Usage: "at most `RATE` octets a second, as in 500K or 2M"},
		&cli.StringFlag{Name: "trace", Usage: "write the conversation with the server to `FILE`,\nwithout secrets and mail"},
		&cli.BoolFlag{Name: "insecure", Usage: "allow ?tls=off to other machines: password and\nmail can be read on the way"},
	}
}

func parseAccount(c *cli.Context, role, text string, p *config.Problems) accountOptions {
	o := accountOptions{
		timeout:     config.ParseTimeout("--timeout", c.String("timeout"), p),
		connections: config.ParseCount("--connections", c.String("connections"), mostConnections, p),
		limitRate:   config.ParseRate("--limit-rate", c.String("limit-rate"), p),
		trace:       c.String("trace"),
	}
	if text == "" {
		return o
	}
	o.endpoint = config.ParseEndpoint(role, text, p)
	if o.endpoint.Security == config.PlainText && o.endpoint.Host != "" && !o.endpoint.Loopback() && !c.Bool("insecure") {
		p.Addf("%s: ?tls=off would send password and mail over the network for all to read; "+
			"leave it out, or add --insecure if you want that", role)
	}
	return o
}

// opener makes an account out of its configuration.
type opener func(context.Context, imapaccount.Config) (*imapaccount.Account, error)

// open finds the password, connects and logs in. The function that it returns
// ends the account and closes the trace.
func (o accountOptions) open(ctx context.Context, env Env, u *ui.UI) (*imapaccount.Account, func() error, error) {
	return o.openBy(ctx, env, u, imapaccount.Open)
}

// openBy is open by another way into the account.
func (o accountOptions) openBy(ctx context.Context, env Env, u *ui.UI, open opener) (*imapaccount.Account, func() error, error) {
	e := o.endpoint
	if e.Password != "" {
		u.Warn("the password stands in the URL, where other users and the shell's history can see it; " +
			"better: ?password-file=, ?password-command=, MAILHAUL_PASSWORD or the prompt")
	}
	if e.Security == config.PlainText {
		u.Warn("the connection to " + e.Address() + " is not encrypted")
	}
	roots, err := loadRoots(config.ExpandHome(e.CAFile, env.Getenv("HOME")))
	if err != nil {
		return nil, nil, err
	}
	// Before the trace is opened: a run that lacks its password leaves nothing.
	password, err := credential.Find(ctx, credential.Request{
		Account: e.User + "@" + e.Host + " (" + e.Role + ")", Literal: e.Password, File: e.PasswordFile, Command: e.PasswordCommand,
		Environment: []string{passwordVariable(e.Role), "MAILHAUL_PASSWORD"},
	}, credential.Env{Getenv: env.Getenv, Environ: env.Environ, Stderr: env.Stderr, Prompt: env.Terminal.Prompt})
	if err != nil {
		return nil, nil, err
	}
	trace, closeTrace, err := openTrace(o.trace)
	if err != nil {
		return nil, nil, err
	}
	account, err := open(ctx, imapaccount.Config{
		Host: e.Host, Port: e.Port, User: e.User, Authzid: e.Authzid, Password: password,
		Mechanism: e.Mechanism, Security: security(e.Security), RootCAs: roots,
		Timeout: o.timeout, Connections: o.connections, LimitRate: o.limitRate,
		Trace: trace, Notice: u.Remark, Version: env.Version, Now: env.Now,
	})
	if err != nil {
		_ = closeTrace() // the connection's error is the one to tell
		return nil, nil, fmt.Errorf("%s: %w", e.Role, err)
	}
	return account, func() error {
		if err := account.Close(); err != nil {
			_ = closeTrace()
			return fmt.Errorf("close connection: %w", err)
		}
		return closeTrace()
	}, nil
}

// passwordVariable is the environment variable for the password of a role. What
// compare calls A and B are source and target there; what check calls ENDPOINT is
// a source.
func passwordVariable(role string) string {
	switch role {
	case "A", "ENDPOINT":
		role = "SOURCE"
	case "B":
		role = "TARGET"
	}
	return "MAILHAUL_" + role + "_PASSWORD"
}

func security(s config.Security) imapaccount.Security {
	switch s {
	case config.PlainText:
		return imapaccount.PlainText
	case config.StartTLS:
		return imapaccount.StartTLS
	}
	return imapaccount.TLS
}

// loadRoots reads the certificates of ?ca=; nil means the system's.
func loadRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, config.Usagef("?ca=: %v", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, config.Usagef("?ca=: %s holds no PEM certificate", file)
	}
	return pool, nil
}

// openTrace makes the trace file, for its owner's eyes: folder names and
// message flags are in it.
func openTrace(name string) (io.Writer, func() error, error) {
	if name == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, nil, config.Usagef("--trace: %v", err)
	}
	if err := f.Chmod(0o600); err != nil { // the file may have been there
		_ = f.Close()
		return nil, nil, fmt.Errorf("protect trace file: %w", err)
	}
	return f, func() error {
		if err := f.Close(); err != nil {
			return fmt.Errorf("close trace file: %w", err)
		}
		return nil
	}, nil
}
