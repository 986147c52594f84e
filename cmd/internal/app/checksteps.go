package app

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/cmd/internal/discover"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
)

// stepObject is a step on the way into an account as a line of JSON.
type stepObject struct {
	Event  string `json:"event"`
	Step   string `json:"step"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// steps tells how the way into the account went: for people only when it ended
// early or when they want to know all.
func (c *accountChecker) steps() {
	steps := c.about.Steps
	failed := len(steps) > 0 && steps[len(steps)-1].Err != nil
	c.section = "Way in"
	for _, s := range steps {
		text, ok := s.Detail, s.Err == nil
		if !ok {
			text = causeOf(s.Err).Error()
		}
		if c.u.JSON() {
			c.u.Object(stepObject{"step", string(s.Stage), ok, ui.Text(text)})
			continue
		}
		if failed || c.u.Verbose() {
			c.tell(string(s.Stage), strings.TrimSuffix(word(ok)+"  "+text, "  "))
		}
	}
	if failed {
		last := steps[len(steps)-1]
		if d := refusedCertificate(last.Err); d != "" {
			c.tell("certificate", d)
		}
		if last.Stage == imapaccount.StageLogin && len(c.about.Mechanisms) > 0 {
			c.tell("offered", strings.Join(c.about.Mechanisms, ", "))
		}
		if hint := discover.HintFor(c.options.endpoint.Address()); hint != "" && last.Stage == imapaccount.StageLogin {
			c.tell("provider", hint)
		}
	}
	c.end()
}

func word(ok bool) string {
	if ok {
		return "ok"
	}
	return "FAILED"
}

// causeOf returns the cause within the project's own errors.
func causeOf(err error) error {
	for e, ok := errors.AsType[*mailhaul.Error](err); ok && e.Err != nil; e, ok = errors.AsType[*mailhaul.Error](err) {
		err = e.Err
	}
	return err
}

// refusedCertificate describes the certificate that a connection was refused
// for, "" where that is not the reason.
func refusedCertificate(err error) string {
	bad, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok || len(bad.UnverifiedCertificates) == 0 {
		return ""
	}
	return describeCertificate(bad.UnverifiedCertificates[0])
}

func describeCertificate(c *x509.Certificate) string {
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	const most = 4
	if len(names) > most {
		names = append(names[:most], "...")
	}
	return fmt.Sprintf("for %s, issued by %s, valid from %s to %s", cmp.Or(strings.Join(names, ", "), c.Subject.String()),
		cmp.Or(c.Issuer.CommonName, c.Issuer.String()), c.NotBefore.Format(time.DateOnly), c.NotAfter.Format(time.DateOnly))
}
