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
	text        string // as the user wrote it
	endpoint    config.Endpoint
	named       *config.Account // of the config file; nil when a URL says all
	secrets     []string        // variables that hold passwords
	timeout     time.Duration
	connections int
	limitRate   int64
	trace       string // the file that the conversation is written to, or ""
	// tokens take the place of what is found for the account; nil for that.
	tokens *imapaccount.OAuth
}

// parseAccount reads an argument that is an account, a URL or a name of the config
// file, with the settings that hold for it. "" is an account that is missing.
func parseAccount(c *cli.Context, role, text string, p *config.Problems) accountOptions {
	s := settingsOf(c)
	o := accountOptions{text: text, named: s.account(text), secrets: s.file.SecretVariables()}
	get := func(name string) string { return s.of(o.named, name).Text() }
	o.timeout = config.ParseTimeout("--timeout", get("timeout"), p)
	o.connections = config.ParseConnections("--connections", get("connections"), p)
	o.limitRate = config.ParseRate("--limit-rate", get("limit-rate"), p)
	o.trace = get("trace")
	if text == "" {
		return o
	}
	o.endpoint = s.endpoint(o.named, role, text, p)
	if o.named != nil || o.endpoint.Authzid == "" {
		o.endpoint.Authzid = get("authzid")
	}
	if o.endpoint.Mechanism == "LOGIN" && s.of(o.named, "authzid").Text() != "" {
		p.Addf("%s: LOGIN cannot carry an authzid; use PLAIN", role)
	}
	if o.endpoint.Security == config.PlainText && o.endpoint.Host != "" && !o.endpoint.Loopback() && !s.of(o.named, "insecure").On() {
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
	password, tokens := "", o.tokens
	if tokens == nil {
		if tokens, err = o.findTokens(ctx, env, u); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", e.Role, err)
		}
	}
	if tokens == nil {
		if password, err = credential.Find(ctx, o.request(), env.credentials(o.secrets)); err != nil {
			return nil, nil, err
		}
	}
	trace, closeTrace, err := openTrace(o.trace)
	if err != nil {
		return nil, nil, err
	}
	account, err := open(ctx, imapaccount.Config{
		Host: e.Host, Port: e.Port, User: e.User, Authzid: e.Authzid, Password: password, OAuth: tokens,
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
