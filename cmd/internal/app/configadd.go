package app

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/credential"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
)

// configAddOptions say which account is added to the config file, as far as flags
// say it.
type configAddOptions struct {
	mail     string // the mail address
	name     string // of the account in the config file
	server   string // its URL, "" to look for it
	user, ca string
	source   passwordSource
	oauth    tokenSource
	yes      bool // the server may lie in another domain
	untested bool // no login
	file     string
	home     string
	output   outputOptions
}

// passwordSource is the key of an account that says where its password is; the
// zero value is the prompt.
type passwordSource struct {
	key   string
	value any
}

// tokenSource is an account's oauth table, in place of a password; without a client
// there is none.
type tokenSource struct {
	provider, client, secretFile string
}

const configAddHelp = `
Finds the server of the mail address ADDRESS, asks for what it cannot find, tests
the login, and adds the account to the config file. From then on its name stands
for it: mailhaul backup NAME ~/mail-archive.

The server is looked for in a table of what large providers publish, then by the
domain's SRV records, by where its mail is hosted, and by trying usual names. A
server without TLS and a good certificate is not taken. One that lies in another
domain, and that only the DNS names, is shown and must be confirmed.

Google and Microsoft take a token in place of a password (OAuth 2.0): --client-id
is that under which you registered mailhaul, docs/oauth.md tells how; 'mailhaul login'
is the next step then.

Without a terminal flags must say where the password is: --password-file,
--password-command, --password-env or --keyring (it is then taken from
MAILHAUL_PASSWORD and put there), or --client-id.
`

func configAddCommand(env Env) *cli.Command {
	return configCommand("add", "find the server of a mail address and add the account", "ADDRESS", configAddHelp, func(c *cli.Context, s *settings, args []string) error {
		var p config.Problems
		o := parseConfigAdd(c, env, s, args[0], &p)
		if err := p.Err(); err != nil {
			return badLine{"config add", err}
		}
		return runConfigAdd(c.Context, env, o)
	}, "ADDRESS")
}

func parseConfigAdd(c *cli.Context, env Env, s *settings, mail string, p *config.Problems) configAddOptions {
	o := configAddOptions{
		mail: mail, name: cmp.Or(c.String("name"), mail), server: c.String("address"), user: c.String("user"), ca: absolute(c.String("ca")),
		yes: c.Bool("yes"), untested: c.Bool("untested"), home: env.Getenv("HOME"), output: parseOutput(c, p),
	}
	if !strings.Contains(mail, "@") || config.IsURL(mail) {
		p.Addf("ADDRESS: %q is no mail address", config.Redact(mail))
	}
	for _, key := range []string{"password-file", "password-command", "password-env", "keyring"} {
		if !c.IsSet(key) {
			continue
		}
		if o.source.key != "" {
			p.Addf("--%s and --%s exclude each other", o.source.key, key)
		}
		o.source = passwordSource{key, c.String(key)}
		switch key {
		case "keyring":
			o.source.value = true
		case "password-file":
			o.source.value = absolute(c.String(key))
		}
	}
	checkChoices(c, "config add", p)
	o.oauth = tokenSource{strings.ToLower(c.String("provider")), c.String("client-id"), absolute(c.String("client-secret-file"))}
	if o.oauth.client == "" && (o.oauth.provider != "" || o.oauth.secretFile != "") {
		p.Addf("--provider and --client-secret-file go with --client-id only")
	}
	if o.oauth.client != "" && o.source.key != "" {
		p.Addf("--client-id and --%s exclude each other", o.source.key)
	}
	var err error
	if o.file, err = s.configPath(env); err != nil {
		p.Addf("%v", err)
	}
	if s.file.Account(o.name) != nil {
		p.Addf("%s has an account %q already; choose another name with --name", o.file, o.name)
	}
	if o.server != "" {
		o.endpoint(o.server, mail, p)
	}
	// What cannot be asked must have been said.
	if env.Terminal.Ask == nil && o.source.key == "" && o.oauth.client == "" {
		p.Addf("there is no terminal to ask at where the password is: say it with --password-file, --password-command, --password-env or --keyring, or give a --client-id")
	}
	return o
}

// absolute is a path that holds wherever the config file lies.
func absolute(path string) string {
	if path == "" || strings.HasPrefix(path, "~/") {
		return path
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return full
}

// endpoint is the account at a server, whose URL has no user.
func (o configAddOptions) endpoint(server, user string, p *config.Problems) config.Endpoint {
	scheme, rest, _ := strings.Cut(server, "://")
	if !config.IsURL(server) || strings.ContainsAny(rest, "@?") {
		p.Addf("--address: write imaps://HOST[:PORT], or imap://HOST[:PORT] for STARTTLS")
		return config.Endpoint{}
	}
	e := config.ParseEndpoint("--address", scheme+"://"+url.PathEscape(user)+"@"+rest, p)
	e.CAFile = o.ca
	return e
}

func runConfigAdd(ctx context.Context, env Env, o configAddOptions) error {
	return withUI(ctx, env, o.output, "config add", func(u *ui.UI) error {
		a := &adder{configAddOptions: o, env: env, u: u}
		return a.add(ctx)
	})
}

// adder adds an account to the config file.
type adder struct {
	configAddOptions
	env Env
	u   *ui.UI
}

func (a *adder) add(ctx context.Context) error {
	if a.server == "" {
		if err := a.discover(ctx); err != nil {
			return err
		}
	}
	if a.oauth.client != "" && a.oauth.provider == "" {
		return config.Usagef("it is not known who gives tokens for %s: say it with --provider, or write the oauth table yourself (docs/oauth.md)", a.server)
	}
	if err := a.ask(ctx); err != nil {
		return err
	}
	if !a.untested && a.oauth.client == "" {
		if err := a.test(ctx); err != nil {
			return err
		}
	}
	entries := []config.Entry{{Key: "address", Value: a.server}, {Key: "user", Value: a.user}}
	if a.ca != "" {
		entries = append(entries, config.Entry{Key: "ca", Value: a.ca})
	}
	if a.source.key != "" {
		entries = append(entries, config.Entry{Key: a.source.key, Value: a.source.value})
	}
	next := "backup " + shellWord(a.name) + " ~/mail-archive"
	if a.oauth.client != "" {
		entries = append(entries, a.oauth.entry())
		next = "login " + shellWord(a.name)
	}
	if err := config.AddAccount(a.file, a.name, entries, a.home); err != nil {
		return err
	}
	if a.output.quiet {
		return nil
	}
	a.u.Say("added to " + a.file + ": " + a.name)
	a.u.Say("next: mailhaul " + next)
	return nil
}

// entry is the table in the config file.
func (s tokenSource) entry() config.Entry {
	table := []config.Entry{{Key: "provider", Value: s.provider}, {Key: "client-id", Value: s.client}}
	if s.secretFile != "" {
		table = append(table, config.Entry{Key: "client-secret-file", Value: s.secretFile})
	}
	return config.Entry{Key: "oauth", Value: table}
}

// test logs in, and puts the password into the keyring where it shall be there.
func (a *adder) test(ctx context.Context) error {
	var p config.Problems
	o := accountOptions{endpoint: a.endpoint(a.server, a.user, &p), named: &config.Account{Values: config.Values{}}}
	o.endpoint.Role = "ADDRESS"
	if err := p.Err(); err != nil {
		return err
	}
	if value, isText := a.source.value.(string); isText {
		o.named.Values[a.source.key] = config.Value{Texts: []string{value}}
	}
	var password string
	account, closeAccount, err := o.openBy(ctx, a.env, a.u, func(ctx context.Context, c imapaccount.Config) (*imapaccount.Account, error) {
		password = c.Password
		return imapaccount.Open(ctx, c)
	})
	if err != nil {
		return err
	}
	folders, err := account.Folders(ctx)
	if closeErr := closeAccount(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if a.source.key == "keyring" {
		if err := credential.Store(ctx, entryOf(o.endpoint), password); err != nil {
			return err
		}
	}
	messages, _ := total(folders)
	if !a.output.quiet {
		a.u.Say(fmt.Sprintf("logged in: %s in %s", ui.Count(messages, "message"), ui.Count(int64(len(folders)), "folder")))
	}
	return nil
}
