package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/discover"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
)

// discoverTimeout is how long a server that is tried may be silent.
const discoverTimeout = 10 * time.Second

// discover finds the server of the mail address.
func (a *adder) discover(ctx context.Context) error {
	roots, err := loadRoots(config.ExpandHome(a.ca, a.home))
	if err != nil {
		return err
	}
	finder := discover.Finder{Resolver: a.env.Resolver, Reach: func(ctx context.Context, s discover.Server) error {
		security := imapaccount.TLS
		if s.StartTLS {
			security = imapaccount.StartTLS
		}
		return imapaccount.Reach(ctx, imapaccount.Config{Host: s.Host, Port: s.Port, Security: security, RootCAs: roots, Timeout: discoverTimeout})
	}}
	found, failed, err := finder.Find(ctx, a.mail)
	for _, f := range failed {
		a.u.Notice(fmt.Sprintf("tried %s: %v", f.Address(), causeOf(f.Err)))
	}
	switch {
	case errors.Is(err, discover.ErrAddress):
		return config.Usagef("ADDRESS: %v", err)
	case errors.Is(err, discover.ErrNone):
		return config.Usagef("%v; if it has a server all the same name it with --address", err)
	case errors.Is(err, discover.ErrUnknown):
		return &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: "find server", Err: errors.Join(err, mailhaul.ErrConnect),
			Hint: "ask the provider for its IMAP server and give it with --address imaps://HOST; --verbose tells what was tried"}
	case err != nil:
		return err
	}
	a.oauth.provider = cmp.Or(a.oauth.provider, found.OAuth)
	a.server = "imaps://" + hostPort(found.Server, 993)
	if found.StartTLS {
		a.server = "imap://" + hostPort(found.Server, 143)
	}
	if !a.output.quiet {
		a.u.Say("found " + strings.TrimSpace(found.Provider+" "+a.server) + ": " + string(found.Way))
		if found.Hint != "" {
			a.u.Say("  " + found.Hint)
		}
	}
	if found.Foreign && !a.yes {
		return a.confirm(ctx, found)
	}
	return nil
}

// hostPort is a server's address without its usual port.
func hostPort(s discover.Server, usual int) string {
	if s.Port == usual {
		return s.Host
	}
	return s.Address()
}

// confirm asks whether a server in another domain is the right one: whoever can
// forge an answer of the DNS can name one of his own (RFC 6186, 6).
func (a *adder) confirm(ctx context.Context, found discover.Finding) error {
	if a.env.Terminal.Ask == nil {
		return config.Usagef("%s lies in another domain than %s: if it is the right server add --yes, else name it with --address", found.Host, a.mail)
	}
	answer, err := a.env.Terminal.Ask(ctx, fmt.Sprintf("%s lies in another domain than %s, and the password will be sent there. Is it your provider's? [y/N] ", found.Host, a.mail))
	if err != nil {
		return fmt.Errorf("ask whether the server is right: %w", err)
	}
	if !isYes(answer) {
		return config.Usagef("not confirmed; nothing was written; name the right server with --address")
	}
	return nil
}

func isYes(answer string) bool {
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}

// ask asks for what flags do not say; without a terminal the rest is as usual.
func (a *adder) ask(ctx context.Context) error {
	if a.env.Terminal.Ask == nil {
		a.user = cmp.Or(a.user, a.mail)
		return nil
	}
	var err error
	if a.user == "" {
		if a.user, err = a.question(ctx, "User name", a.mail); err != nil {
			return err
		}
	}
	if a.source.key != "" || a.oauth.client != "" {
		return nil
	}
	ways, usual := "ask each time, keyring, file, command", "ask"
	if a.oauth.provider != "" {
		ways, usual = ways+"; or oauth, in place of one", "oauth"
	}
	way, err := a.question(ctx, "Where is the password: "+ways, usual)
	if err != nil {
		return err
	}
	switch way = strings.ToLower(way); {
	case way == "ask" || way == "ask each time":
	case way == "keyring":
		a.source = passwordSource{"keyring", true}
	case way == "file":
		err = a.sourceBy(ctx, "password-file", "File, which only you can read")
	case way == "command":
		err = a.sourceBy(ctx, "password-command", "Command that writes it")
	case way == "oauth" && a.oauth.provider != "":
		err = a.askClient(ctx)
	default:
		err = config.Usagef("%q is none of %s; nothing was written", way, strings.Replace(ways, "; or oauth, in place of one", ", oauth", 1))
	}
	return err
}

// askClient asks for what the provider of the tokens gave.
func (a *adder) askClient(ctx context.Context) (err error) {
	a.u.Say("  You register mailhaul with the provider once, which gives you a client id: docs/oauth.md tells how.")
	if a.oauth.client, err = a.question(ctx, "Client id", ""); err != nil {
		return err
	}
	if a.oauth.client == "" {
		return config.Usagef("client-id is empty; nothing was written")
	}
	if a.oauth.provider != "google" {
		return nil
	}
	file, err := a.question(ctx, "File with the client secret, which only you can read", "")
	a.oauth.secretFile = absolute(file)
	return err
}

// sourceBy asks for the value of a key that says where the password is.
func (a *adder) sourceBy(ctx context.Context, key, text string) error {
	value, err := a.question(ctx, text, "")
	if key == "password-file" {
		value = absolute(value)
	}
	if err == nil && value == "" {
		err = config.Usagef("%s is empty; nothing was written", key)
	}
	a.source = passwordSource{key, value}
	return err
}

// question asks for a line; an empty one is the usual answer.
func (a *adder) question(ctx context.Context, text, usual string) (string, error) {
	if usual != "" {
		text += " [" + usual + "]"
	}
	answer, err := a.env.Terminal.Ask(ctx, text+": ")
	if err != nil {
		return "", fmt.Errorf("ask at terminal: %w", err)
	}
	return cmp.Or(strings.TrimSpace(answer), usual), nil
}
