package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
)

// certificateWarning is how long before a certificate's end it is warned of.
const certificateWarning = 14 * 24 * time.Hour

// accountObject is what programs want to know of an account, as a line of JSON.
type accountObject struct {
	Event   string `json:"event"`
	Address string `json:"address"`
	// TLS and CertificateUntil are absent where the line is not protected.
	TLS              string            `json:"tls,omitempty"`
	CertificateUntil string            `json:"certificate_until,omitempty"`
	Kind             string            `json:"kind,omitempty"`
	ID               map[string]string `json:"id,omitempty"`
	Mechanism        string            `json:"mechanism,omitempty"`
	Mechanisms       []string          `json:"mechanisms,omitempty"`
	Capabilities     []string          `json:"capabilities"`
	RoundTrip        float64           `json:"round_trip_seconds"`
	QuotaUsed        int64             `json:"quota_used"`    // in octets, -1: unknown, like the next two
	QuotaTotal       int64             `json:"quota_total"`   //
	MessageLimit     int64             `json:"message_limit"` //
}

// object tells the account to programs.
func (c *accountChecker) object() {
	if !c.u.JSON() {
		return
	}
	d := c.about
	o := accountObject{Event: "account", Address: c.options.endpoint.Address(), Kind: c.kind.Name, Mechanism: d.Mechanism,
		RoundTrip: d.RoundTrip.Seconds(), QuotaUsed: d.Limits.Used, QuotaTotal: d.Limits.Total, MessageLimit: d.Limits.Message}
	if d.TLS != nil {
		o.TLS, o.CertificateUntil = tls.VersionName(d.TLS.Version), d.TLS.PeerCertificates[0].NotAfter.UTC().Format(time.RFC3339)
	}
	o.Mechanisms, o.Capabilities = safe(d.Mechanisms), safe(d.Capabilities)
	o.ID = map[string]string{}
	for field, value := range d.ID {
		o.ID[ui.Text(field)] = ui.Text(value)
	}
	c.u.Object(o)
}

func safe(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = ui.Text(t)
	}
	return out
}

// accountChecker tells what an account is like.
type accountChecker struct {
	teller
	env     Env
	options accountOptions
	named   string // the account as a person can write it in a command
	account *imapaccount.Account
	about   imapaccount.Description
	kind    quirk.Server
}

func checkAccount(ctx context.Context, env Env, u *ui.UI, o checkOptions) error {
	c := &accountChecker{teller: teller{u: u}, env: env, options: o.end.account, named: o.end.spoken()}
	var probed bool
	account, closeAccount, err := c.options.openBy(ctx, env, u, func(ctx context.Context, config imapaccount.Config) (a *imapaccount.Account, err error) {
		probed = true
		config.Connections = 1 // for the sample: what one connection carries does not depend on how fast others are made
		a, c.about, err = imapaccount.Probe(ctx, config)
		return a, err
	})
	if probed {
		c.steps()
	}
	if err != nil {
		return err
	}
	c.account = account
	c.kind = quirk.Find(c.options.endpoint.Host, c.about.Greeting, c.about.ID)
	err = c.all(ctx)
	if closeErr := closeAccount(); err == nil {
		err = closeErr
	}
	return err
}

// all tells what there is to tell of an account that let us in.
func (c *accountChecker) all(ctx context.Context) error {
	c.object()
	c.connection()
	c.server()
	c.extensions()
	c.folders()
	c.names()
	c.room()
	if err := c.firstRun(ctx); err != nil {
		return err
	}
	c.end()
	return nil
}

// connection tells how the line is protected and how one logs in.
func (c *accountChecker) connection() {
	c.begin("Connection")
	server := c.options.endpoint.Address()
	if at := c.about.Steps[1].Detail; at != server {
		server += " (" + at + ")"
	}
	c.tell("server", server)
	if state := c.about.TLS; state != nil {
		leaf := state.PeerCertificates[0]
		left := leaf.NotAfter.Sub(c.env.Now())
		c.tell("encryption", tls.VersionName(state.Version)+", "+tls.CipherSuiteName(state.CipherSuite))
		c.tell("certificate", describeCertificate(leaf)+": "+ui.Count(int64(left/(24*time.Hour)), "day")+" left")
		if left < certificateWarning {
			c.u.Warn(fmt.Sprintf("the server's certificate ends on %s: if its administrator does not renew it, connections fail from then on",
				leaf.NotAfter.Format(time.DateOnly)))
		}
	} else {
		c.tell("encryption", "none: password and mail can be read on the way")
	}
	in := "without a password: the server greeted us as known (PREAUTH)"
	if c.about.Mechanism != "" {
		in = "as " + c.options.endpoint.User + " by " + c.about.Mechanism
		if len(c.about.Mechanisms) > 0 {
			in += "; offered: " + strings.Join(c.about.Mechanisms, ", ")
		}
	}
	c.tell("login", in)
	c.tell("round trip", roundTrip(c.about.RoundTrip))
}

func roundTrip(d time.Duration) string {
	return fmt.Sprintf("%.3g ms", float64(d.Microseconds())/1000)
}

// server tells what the server is, and what is known of its kind.
func (c *accountChecker) server() {
	c.begin("Server")
	if c.kind.Name != "" {
		c.tell("kind", c.kind.Name)
	}
	if name := strings.TrimSpace(c.about.ID["name"] + " " + c.about.ID["version"]); name != "" {
		c.tell("calls itself", name)
	}
	c.tell("greeting", greetingText(c.about.Greeting))
	for _, n := range c.kind.Notes {
		c.tell("note", n)
	}
	for _, n := range c.namespaces() {
		c.tell("namespace", n)
	}
}

// greetingText is a greeting without what is not meant for people.
func greetingText(greeting string) string {
	text := strings.TrimPrefix(greeting, "* OK ")
	if _, rest, found := strings.Cut(text, "] "); found && strings.HasPrefix(text, "[") {
		return rest
	}
	return text
}

func (c *accountChecker) namespaces() []string {
	var out []string
	for _, class := range []struct {
		what string
		list []imapaccount.Namespace
	}{
		{"own folders", c.about.Namespaces.Personal},
		{"folders of other users", c.about.Namespaces.Other},
		{"shared folders", c.about.Namespaces.Shared},
	} {
		for _, n := range class.list {
			text := fmt.Sprintf("%s: separator %q", class.what, n.Delimiter)
			if n.Prefix != "" {
				text += fmt.Sprintf(", below %q", n.Prefix)
			}
			out = append(out, text)
		}
	}
	return out
}

// room tells what the account takes.
func (c *accountChecker) room() {
	c.begin("Room")
	if l := c.about.Limits; l.Total >= 0 {
		c.tell("quota", fmt.Sprintf("%s of %s used, %s free", ui.Octets(l.Used), ui.Octets(l.Total), ui.Octets(max(0, l.Total-l.Used))))
	} else {
		c.tell("quota", "the server does not tell: whether there is room is seen when there is none")
	}
	switch l := c.about.Limits; {
	case l.Message >= 0:
		c.tell("largest message", ui.Octets(l.Message)+" (APPENDLIMIT)")
	case c.kind.MaxMessage > 0:
		c.tell("largest message", ui.Octets(c.kind.MaxMessage)+", as the provider says")
	default:
		c.tell("largest message", "the server does not tell: one that is too large is refused and named")
	}
}

// shellWord writes text so that a shell takes it for one word.
func shellWord(text string) string {
	if !strings.ContainsAny(text, " ?&;'\"`$\\*!()[]{}<>|#~") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
