package imapaccount

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/wire"
)

// Stage is a step on the way into an account.
type Stage string

// The stages, in the order of their coming: with STARTTLS the greeting comes
// before TLS, else after it.
const (
	StageResolve  Stage = "resolve"
	StageConnect  Stage = "connect"
	StageGreeting Stage = "greeting"
	StageStartTLS Stage = "STARTTLS"
	StageTLS      Stage = "TLS"
	StageLogin    Stage = "login"
	StageFolders  Stage = "folders"
)

// Stages returns the stages that a connection goes through.
func (s Security) Stages() []Stage {
	switch s {
	case StartTLS:
		return []Stage{StageResolve, StageConnect, StageGreeting, StageStartTLS, StageTLS, StageLogin, StageFolders}
	case PlainText:
		return []Stage{StageResolve, StageConnect, StageGreeting, StageLogin, StageFolders}
	}
	return []Stage{StageResolve, StageConnect, StageTLS, StageGreeting, StageLogin, StageFolders}
}

// Step is a stage that was reached.
type Step struct {
	Stage Stage
	// Detail is what was found there: an address, the server's own words.
	Detail string
	// Err is nil but for the last step, if the way ended there.
	Err error
}

// Description is what a server says of itself and of an account. Of a
// way that ended early it has what was learnt until then.
type Description struct {
	// Steps are those that were taken; the last one failed if Probe did.
	Steps []Step
	// TLS is the state of TLS, nil where the line is not protected.
	TLS *tls.ConnectionState
	// Greeting is the server's first line; with STARTTLS it came unprotected.
	Greeting string
	// ID is what the server says of itself (RFC 2971), by field in lower case.
	ID map[string]string
	// Mechanisms are those that were offered for the login, Mechanism the one
	// that was used: "" where the server let us in unasked (PREAUTH).
	Mechanisms []string
	Mechanism  string
	// Capabilities are those after the login, ascending, without AUTH=.
	Capabilities []string
	Namespaces   Namespaces
	Folders      []*mailhaul.Folder
	// MissingFolders says why the server cannot list some; nil when all are there.
	MissingFolders error
	Limits         mailhaul.Limits
	// RoundTrip is how long the server takes to answer a command that costs it
	// nothing: the shortest of three.
	RoundTrip time.Duration
}

// Has tells whether the account has a capability.
func (d Description) Has(capability string) bool {
	_, found := slices.BinarySearch(d.Capabilities, capability)
	return found
}

// Probe connects to an account, logs in, lists the folders, and tells what it
// found. Nothing is changed. Nothing is tried twice: who asks for a description
// wants to hear of the first failure. On success the account is open, as Open
// gives it; else Description.Steps ends with the step that failed.
func Probe(ctx context.Context, config Config) (*Account, Description, error) {
	a := newAccount(config)
	p := &probe{}
	retries := a.config.Retries
	a.config.Retries, a.probe, a.takesMail = 0, p, true
	s, err := a.connect(ctx)
	a.probe = nil
	if err == nil {
		p.passed(StageLogin, p.Mechanism)
		err = p.look(ctx, a, s)
	}
	if err != nil {
		p.failed(a.config.Security, err)
		a.Close() //nolint:errcheck // the first error is the one that counts
		return nil, p.Description, err
	}
	a.config.Retries = retries
	return a, p.Description, nil
}

// probe watches a connection being made. The methods of a nil probe do nothing.
type probe struct {
	Description
	tokenless bool // there was no token to begin with
}

// begin begins the way anew: a line for another token.
func (p *probe) begin() {
	if p != nil {
		p.Description = Description{}
	}
}

// lacksToken is told that what a login needs could not be got, before anything was
// said to the server.
func (p *probe) lacksToken() {
	if p != nil {
		p.tokenless = true
	}
}

func (p *probe) passed(stage Stage, detail string) {
	if p != nil {
		p.Steps = append(p.Steps, Step{Stage: stage, Detail: detail})
	}
}

// resolved is told how an attempt to connect ended: the name was found unless
// that is what the error is about.
func (p *probe) resolved(err error) {
	if _, unknown := errors.AsType[*net.DNSError](err); !unknown {
		p.passed(StageResolve, "")
	}
}

func (p *probe) greeted(c *wire.Conn) {
	if p != nil {
		p.Greeting = c.Greeting()
		p.passed(StageGreeting, p.Greeting)
	}
}

func (p *probe) protected(state *tls.ConnectionState) {
	if p != nil && state != nil {
		p.TLS = state
		p.passed(StageTLS, tls.VersionName(state.Version))
	}
}

func (p *probe) offered(caps imap.CapSet) {
	if p == nil {
		return
	}
	for c := range caps {
		if mechanism, ok := strings.CutPrefix(string(c), "AUTH="); ok {
			p.Mechanisms = append(p.Mechanisms, mechanism)
		}
	}
	if !caps.Has(imap.CapLoginDisabled) {
		p.Mechanisms = append(p.Mechanisms, "LOGIN")
	}
	slices.Sort(p.Mechanisms)
	p.Mechanisms = slices.Compact(p.Mechanisms)
}

func (p *probe) logsInBy(mechanism string) {
	if p != nil {
		p.Mechanism = mechanism
	}
}

// failed adds the step at which the way ended: the one after the last that was
// passed, or the login when there was nothing to log in with.
func (p *probe) failed(security Security, err error) {
	stages := security.Stages()
	stage := stages[min(len(p.Steps), len(stages)-1)]
	if errors.Is(err, mailhaul.ErrAuth) || p.tokenless {
		stage = StageLogin
	}
	p.Steps = append(p.Steps, Step{Stage: stage, Err: err})
}

// look asks the account for all that a description has.
func (p *probe) look(ctx context.Context, a *Account, s *session) error {
	for c := range s.caps {
		if !strings.HasPrefix(string(c), "AUTH=") {
			p.Capabilities = append(p.Capabilities, string(c))
		}
	}
	slices.Sort(p.Capabilities)
	a.release(s)
	err := a.withRetry(ctx, func(s *session) (err error) {
		p.RoundTrip, err = s.roundTrip(a.config.Now)
		return err
	})
	if err != nil {
		return err
	}
	if p.Folders, err = a.Folders(ctx); err != nil && (len(p.Folders) == 0 || mailhaul.ScopeOf(err) > mailhaul.ScopeFolder) {
		return err
	}
	p.MissingFolders = err
	p.Namespaces, p.Limits, p.ID = a.namespaces, a.limits, a.id
	p.passed(StageFolders, "")
	return nil
}

// roundTrip measures how long the server takes to answer NOOP.
func (s *session) roundTrip(now func() time.Time) (time.Duration, error) {
	var shortest time.Duration
	for i := range 3 {
		begin := now()
		tag := s.send("NOOP")
		if err := s.conn.Flush(); err != nil {
			return 0, err
		}
		if err := s.wait(tag, 1000, maxLine, func(uint32, string, *response) error { return nil }); err != nil && !isRefusal(err) {
			return 0, err
		}
		if took := now().Sub(begin); i == 0 || took < shortest {
			shortest = took
		}
	}
	return shortest, nil
}
