//go:build linux

package crashtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"github.com/mailhaul/mailhaul/migrate/imaptest"
	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// login is an account on a real server.
type login struct{ addr, user, password string }

func newLogin(tb testing.TB, s *imaptest.Server) login {
	tb.Helper()
	user, password := s.User(tb)
	return login{s.Addr, user, password}
}

// peer is a server that an account may be on.
type peer struct {
	name   string
	server func(testing.TB) *imaptest.Server
	// hideUIDs: see tap.
	hideUIDs bool
}

func dovecot(options ...imaptest.Option) func(testing.TB) *imaptest.Server {
	return func(tb testing.TB) *imaptest.Server { return imaptest.Dovecot(tb, options...) }
}

// peers are the kinds of servers that decide how messages are sent, and what is
// known of them afterwards.
func peers() []peer {
	return []peer{
		{"dovecot", dovecot(), false},
		{"without UIDPLUS", dovecot(imaptest.Without("UIDPLUS")), true},
		{"without MULTIAPPEND", dovecot(imaptest.Without("MULTIAPPEND")), false},
		{"without CONDSTORE", dovecot(imaptest.Without("CONDSTORE")), false},
		{"LITERAL-", dovecot(imaptest.LiteralMinus()), false},
		{"poor", dovecot(imaptest.Poor()), true},
		{"cyrus", func(tb testing.TB) *imaptest.Server { return imaptest.Cyrus(tb) }, false},
	}
}

// origin is where mail comes from: an account, and archives of it in both
// formats. It is the same for all tests of a package and changed by none.
type origin struct {
	login
	t        *testing.T // which the archives live as long as
	mu       sync.Mutex
	messages int
	archives map[string]string // by format
	have     mailbag
}

// newOrigin fills an account with messages that are hard to tell apart.
func newOrigin(t *testing.T, messages int) *origin {
	t.Helper()
	o := &origin{login: newLogin(t, imaptest.Dovecot(t)), t: t, archives: map[string]string{}}
	// By another name than the targets: users are called the same on all servers,
	// and an archive takes an account of its user and host for its own.
	_, port, err := net.SplitHostPort(o.addr)
	if err != nil {
		t.Fatal(err)
	}
	o.addr = net.JoinHostPort("localhost", port)
	client := imaptest.DialAddr(t, o.addr, o.user, o.password)
	defer client.Close()
	o.messages = imaptest.SeedTwins(t, client, sample.Twins{Messages: messages}).Messages
	o.have = readMail(t, o.login)
	if n := o.have.len(); n != messages {
		t.Fatalf("%d messages in the account, want %d", n, messages)
	}
	return o
}

// archive returns the account's archive in a format.
func (o *origin) archive(t *testing.T, format string) string {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.archives[format] == "" {
		dir := filepath.Join(scratch(o.t), "archive")
		out := executeWith(t, []string{"MAILHAUL_PASSWORD=" + o.password}, backupArgs(url(o.user, o.addr), dir, format))
		if out.code != 0 {
			t.Fatalf("exit code %d\n%s%s", out.code, out.stdout, out.stderr)
		}
		o.archives[format] = dir
	}
	return o.archives[format]
}

// haul is a copy of all mail of an origin into an account, by runs of the program
// that are killed or cut off.
type haul struct {
	from    *origin
	archive string // which is restored; "" migrates the account
	to      login
	via     *tap
	state   string   // where the ledger is
	options []string // of the command line
	kills   int      // that were not counted yet
	planted bool     // a bug: what comes of it is no finding
	home    bool     // into the account that the archive is of, where each run finds the rest
	// mail reads what has arrived.
	mail func(*testing.T) mailbag
	log  func() string // the server's
}

// newHaul takes a new account on a server.
func newHaul(t *testing.T, from *origin, format string, p peer) *haul {
	t.Helper()
	server := p.server(t)
	h := &haul{from: from, to: newLogin(t, server), state: scratch(t), log: server.Log}
	if format != "" {
		h.archive = from.archive(t, format)
	}
	h.via = newTap(t, h.to.addr)
	h.via.hideUIDs = p.hideUIDs
	h.mail = func(t *testing.T) mailbag { return readMail(t, h.to) }
	return h
}

// haulCommand is the command that copies into an account: from an archive, or its
// format, unless that is "".
func haulCommand(archive string) string {
	if archive != "" {
		return "restore"
	}
	return "migrate"
}

// command is what the haul is called in the table.
func (h *haul) command() string {
	if h.home {
		return "restore, own account"
	}
	return haulCommand(h.archive)
}

// args is the command line.
func (h *haul) args() []string {
	source := url(h.from.user, h.from.addr)
	if h.archive != "" {
		source = h.archive
	}
	return append([]string{binary, haulCommand(h.archive), "--json", source, url(h.to.user, h.via.addr)}, h.options...)
}

func (h *haul) env() []string {
	return []string{
		"XDG_STATE_HOME=" + h.state, "MAILHAUL_PASSWORD=",
		"MAILHAUL_SOURCE_PASSWORD=" + h.from.password, "MAILHAUL_TARGET_PASSWORD=" + h.to.password,
	}
}

// run runs the program. ready is given the function that kills it, before it
// starts.
func (h *haul) run(t *testing.T, ready func(kill func())) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runLimit)
	defer cancel()
	cmd, stdout, stderr := start(ctx, h.args())
	cmd.Env = append(cmd.Env, h.env()...)
	started := make(chan struct{})
	if ready != nil {
		ready(func() {
			<-started
			_ = cmd.Process.Kill() // it may have ended
		})
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	err := cmd.Wait()
	if ctx.Err() != nil {
		t.Fatalf("run %q: still going after %s", cmd.Args, runLimit)
	}
	o := ended(t, cmd, err, stdout, stderr)
	if o.killed {
		h.kills++
	}
	return o
}

// finished is a run that comes to its end, and what it says that it did.
func (h *haul) finished(t *testing.T) (haulSummary, error) {
	t.Helper()
	h.via.set(trap{})
	return summaryOf(h.run(t, nil))
}

// haulSummary is what a run says at its end.
type haulSummary struct {
	Event   string `json:"event"`
	Copied  int    `json:"copied"`
	There   int    `json:"already_there"`
	Changed int    `json:"flags_changed"`
	Missing int    `json:"missing_at_target"`
	Altered int    `json:"altered"`
	Failed  int    `json:"failed"`
}

// summaryOf reads the end of a run that was not disturbed.
func summaryOf(o outcome) (s haulSummary, err error) {
	if o.code != 0 {
		return s, fmt.Errorf("exit code %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	for _, line := range lines(o.stdout) {
		if err := json.Unmarshal(line, &s); err == nil && s.Event == "summary" {
			return s, nil
		}
	}
	return s, fmt.Errorf("no summary: %s", o.stdout)
}

// finish lets a run bring the copy to its end and looks at what there is: all
// messages, each once, and a further run copies nothing.
func (h *haul) finish(t *testing.T) (err error) {
	t.Helper()
	defer func() {
		for range h.kills {
			if !h.planted {
				count("kill in front of a server", h.command(), "", err)
			}
		}
		h.kills = 0
	}()
	s, err := h.finished(t)
	if err != nil {
		return err
	}
	if s.Missing+s.Altered+s.Failed != 0 {
		return fmt.Errorf("the run that finishes: %+v", s)
	}
	if err := h.done(t); err != nil {
		return fmt.Errorf("the run that finishes copied %d: %w", s.Copied, err)
	}
	return nil
}

// done looks at a copy that was finished.
func (h *haul) done(t *testing.T) error {
	t.Helper()
	if err := h.from.have.compare(h.mail(t)); err != nil {
		return err
	}
	if err := h.nothingAnnounced(t.Context()); err != nil {
		return err
	}
	s, err := h.finished(t)
	answers, _, _ := h.via.count()
	if h.home {
		s.There = 0
	}
	if err == nil && (answers != 0 || s != haulSummary{Event: "summary"}) {
		err = fmt.Errorf("a further run: %d answers to APPEND, %+v", answers, s)
	}
	return err
}
