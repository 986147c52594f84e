package imapaccount_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount"
	"github.com/mailhaul/mailhaul/migrate/imaptest"
)

// purse gives tokens in their order, and remembers what it was asked for.
type purse struct {
	mu     sync.Mutex
	tokens []string
	asked  []string // what was refused, "" for nothing
	err    error    // when there are no more
}

func (p *purse) token(_ context.Context, refused string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, refused)
	if len(p.tokens) > 1 && refused == p.tokens[0] {
		p.tokens = p.tokens[1:]
	} else if refused != "" && p.err != nil {
		return "", p.err
	}
	return p.tokens[0], nil
}

// bearing is an account that logs in with tokens of the purse.
func bearing(t *testing.T, address, user string, p *purse) imapaccount.Config {
	c := config(t, address, user, "", imapaccount.PlainText)
	c.OAuth = &imapaccount.OAuth{Token: p.token, Again: "mailhaul login work"}
	return c
}

// TestTokens: Dovecot takes and refuses tokens, by both mechanisms. A refused one
// is replaced once, and no more.
func TestTokens(t *testing.T) {
	server := imaptest.Dovecot(t, imaptest.Tokens())
	user, _ := server.User(t)
	now := time.Now()
	mint := func(user, scope string, from, until time.Duration) string {
		return server.Token(user, scope, now.Add(from), now.Add(until))
	}
	good := mint(user, imaptest.TokenScope, -time.Minute, time.Hour)
	expired := mint(user, imaptest.TokenScope, -time.Hour, -time.Minute)
	early := mint(user, imaptest.TokenScope, time.Hour, 2*time.Hour) // of a provider whose clock is ahead
	unscoped := mint(user, "calendar", -time.Minute, time.Hour)
	other := mint("other", imaptest.TokenScope, -time.Minute, time.Hour)
	for _, mechanism := range []string{"OAUTHBEARER", "XOAUTH2"} {
		for _, c := range []struct {
			name   string
			tokens []string
			asked  int
			hint   string // "" where the login succeeds
		}{
			{"good", []string{good}, 1, ""},
			{"expired, then good", []string{expired, good}, 2, ""},
			{"expired twice", []string{expired, expired + "x", good}, 2, "to log in anew: mailhaul login work"},
			{"not valid yet", []string{early}, 2, "the clocks of both sides"},
			{"wrong scope", []string{unscoped}, 2, "mailhaul login work"},
			{"another user's", []string{other}, 2, "belongs to " + user},
			{"garbage", []string{"garbage"}, 2, "mailhaul login work"},
		} {
			t.Run(mechanism+" "+c.name, func(t *testing.T) {
				t.Parallel() // Dovecot lets a refused client wait
				p := &purse{tokens: c.tokens}
				conf := bearing(t, server.Addr, user, p)
				conf.Mechanism = mechanism
				a, err := imapaccount.Open(t.Context(), conf)
				if len(p.asked) != c.asked {
					t.Errorf("asked for tokens %d times, want %d", len(p.asked), c.asked)
				}
				if c.hint == "" {
					if err != nil {
						t.Fatal(err)
					}
					a.Close()
					return
				}
				e, ok := errors.AsType[*mailhaul.Error](err)
				if !ok || !errors.Is(err, mailhaul.ErrAuth) || e.Temporary || !strings.Contains(e.Hint, c.hint) {
					t.Fatalf("error %v, want a refusal with the hint %q", err, c.hint)
				}
			})
		}
	}
}

// refusing answers AUTHENTICATE: a token in good is taken, to any other it says
// why, and keeps what the client answers to that.
func refusing(good map[string]bool, reason string, replies *[]string) func(*imaptest.ScriptConn, imaptest.Command) bool {
	return on("AUTHENTICATE", func(c *imaptest.ScriptConn, command imaptest.Command) {
		c.Say("+ ")
		if c.Flush() != nil {
			return
		}
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		first, _ := base64.StdEncoding.DecodeString(line)
		_, token, _ := strings.Cut(string(first), "auth=Bearer ")
		if good[strings.TrimRight(token, "\x01")] {
			c.OK(command, "welcome")
			return
		}
		c.Say("+ " + base64.StdEncoding.EncodeToString([]byte(reason)))
		if c.Flush() != nil {
			return
		}
		line, _ = c.ReadLine()
		*replies = append(*replies, string(first)+" -> "+line)
		c.Refuse(command, "NO SASL authentication failed")
	})
}

// TestTokenExchange holds the octets of both mechanisms, and that what the server
// says of a refused token is told.
func TestTokenExchange(t *testing.T) {
	const google = `{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}`
	for _, c := range []struct {
		name, capability, authzid, reason, reply, text, hint string
	}{
		{"OAUTHBEARER", "AUTH=OAUTHBEARER AUTH=XOAUTH2", "", `{"status":"invalid_token"}`,
			"n,a=a=2Cb=3Dc@h,\x01auth=Bearer bad\x01\x01 -> AQ==", `status "invalid_token"`, "belongs to a,b=c@h"},
		{"only XOAUTH2", "AUTH=PLAIN AUTH=XOAUTH2", "", google,
			"user=a,b=c@h\x01auth=Bearer bad\x01\x01 -> ", `status "400"`, `the scope "https://mail.example/"`},
		{"of another", "AUTH=XOAUTH2", "shared@h", google,
			"user=shared@h\x01auth=Bearer bad\x01\x01 -> ", `status "400"`, "belongs to shared@h"},
		{"scope", "AUTH=OAUTHBEARER", "", `{"status":"insufficient_scope","scope":"imap"}`,
			"n,a=a=2Cb=3Dc@h,\x01auth=Bearer bad\x01\x01 -> AQ==", `"insufficient_scope"`, `check that it has the scope "imap"`},
		{"no JSON", "AUTH=OAUTHBEARER", "", "\x1b[2J" + strings.Repeat("x", 1000),
			"n,a=a=2Cb=3Dc@h,\x01auth=Bearer bad\x01\x01 -> AQ==", `status "\x1b[2Jxxx`, "log in anew"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var replies []string
			server := imaptest.NewScript(t, imaptest.Script{Capability: "IMAP4rev1 " + c.capability, Answer: refusing(nil, c.reason, &replies)})
			p := &purse{tokens: []string{"bad"}}
			conf := bearing(t, server.Addr, "a,b=c@h", p)
			conf.Authzid = c.authzid
			_, err := imapaccount.Open(t.Context(), conf)
			e, ok := errors.AsType[*mailhaul.Error](err)
			if !ok || !errors.Is(err, mailhaul.ErrAuth) || !strings.Contains(err.Error(), c.text) || !strings.Contains(e.Hint, c.hint) {
				t.Fatalf("error %v, want %q and the hint %q", err, c.text, c.hint)
			}
			if len(err.Error()) > 500 {
				t.Errorf("the error has %d octets", len(err.Error()))
			}
			if len(replies) != 2 || replies[0] != c.reply || replies[1] != c.reply || len(p.asked) != 2 {
				t.Errorf("the client says %q, asked for tokens %d times", replies, len(p.asked))
			}
		})
	}
}

// TestTokenWithoutMechanism: nothing is sent to a server that takes no tokens, or
// by a mechanism that carries none.
func TestTokenWithoutMechanism(t *testing.T) {
	for mechanism, hint := range map[string]string{"": "log in with a password", "plain": "leave the mechanism out"} {
		server := imaptest.NewScript(t, imaptest.Script{})
		conf := bearing(t, server.Addr, "me", &purse{tokens: []string{"good"}})
		conf.Mechanism = mechanism
		_, err := imapaccount.Open(t.Context(), conf)
		e, ok := errors.AsType[*mailhaul.Error](err)
		if !ok || !errors.Is(err, mailhaul.ErrAuth) || !strings.Contains(e.Hint, hint) || server.Count("AUTHENTICATE", "LOGIN") != 0 {
			t.Errorf("error %v", err)
		}
	}
}

// TestTokenNotReplaced: what the token's source says is told, and a server that
// is busy has not refused the token.
func TestTokenNotReplaced(t *testing.T) {
	var replies []string
	server := imaptest.NewScript(t, imaptest.Script{Capability: "IMAP4rev1 AUTH=XOAUTH2", Answer: refusing(nil, "{}", &replies)})
	gone := &mailhaul.Error{Op: "refresh", Scope: mailhaul.ScopeAccount, Err: mailhaul.ErrAuth}
	p := &purse{tokens: []string{"bad"}, err: gone}
	if _, err := imapaccount.Open(t.Context(), bearing(t, server.Addr, "me", p)); err != error(gone) || len(p.asked) != 2 {
		t.Errorf("error %v, asked %q", err, p.asked)
	}
	away := &mailhaul.Error{Op: "refresh", Scope: mailhaul.ScopeAccount, Temporary: true, Err: mailhaul.ErrConnect}
	conf := bearing(t, server.Addr, "me", p)
	conf.OAuth.Token = func(context.Context, string) (string, error) { return "", away }
	_, d, err := imapaccount.Probe(t.Context(), conf)
	if err != error(away) || len(d.Steps) != 1 || d.Steps[0].Stage != imapaccount.StageLogin {
		t.Errorf("the provider is away: %v, steps %+v", err, d.Steps)
	}
	busy := 2
	server = imaptest.NewScript(t, imaptest.Script{Capability: "IMAP4rev1 SASL-IR AUTH=XOAUTH2",
		Answer: on("AUTHENTICATE", func(c *imaptest.ScriptConn, command imaptest.Command) {
			if busy--; busy >= 0 {
				c.Refuse(command, "NO User is authenticated but not connected.")
				return
			}
			c.OK(command, "welcome")
		})})
	p = &purse{tokens: []string{"good"}}
	a, err := imapaccount.Open(t.Context(), bearing(t, server.Addr, "me", p))
	if err != nil {
		t.Fatal(err)
	}
	a.Close()
	if strings.Join(p.asked, "") != "" {
		t.Errorf("refused: %q", p.asked)
	}
}

// TestTokenExpires: a server that throws its clients out when their token has
// expired, as Exchange does, costs no message.
func TestTokenExpires(t *testing.T) {
	const messages = 40
	inbox := &imaptest.ScriptFolder{Name: "INBOX", UIDValidity: 7}
	for uid := range uint32(messages) {
		inbox.Messages = append(inbox.Messages, imaptest.ScriptMessage{UID: uid + 1, Body: []byte("Subject: x\r\n\r\n" + strings.Repeat("x", 50_000) + "\r\n")})
	}
	good, given, thrown := map[string]bool{"t1": true}, 0, 0
	var replies []string
	login := refusing(good, `{"status":"invalid_token"}`, &replies)
	server := imaptest.NewScript(t, imaptest.Script{Capability: "IMAP4rev1 AUTH=OAUTHBEARER", Folders: []*imaptest.ScriptFolder{inbox},
		Answer: func(c *imaptest.ScriptConn, command imaptest.Command) bool {
			if command.Name == "UID FETCH" && strings.Contains(command.Args, "BODY.PEEK[]") {
				if given++; given%2 == 0 && thrown < 3 {
					thrown++
					clear(good)
					good["t"+string(rune('1'+thrown))] = true
					c.Say("* BYE Session invalidated - AccessTokenExpired")
					c.Close()
					return true
				}
			}
			return login(c, command)
		}})
	p := &purse{tokens: []string{"t1", "t2", "t3", "t4"}}
	got, failures, err := haul(t.Context(), open(t, bearing(t, server.Addr, "me", p)))
	if err != nil || len(failures) > 0 || len(got) != messages {
		t.Fatalf("%d messages, %v, %v", len(got), err, failures)
	}
	if thrown == 0 || len(replies) == 0 {
		t.Errorf("thrown out %d times, %d old tokens refused", thrown, len(replies))
	}
}

// TestTokenTrace: no token, whole or in base64, is in the trace.
func TestTokenTrace(t *testing.T) {
	for _, capability := range []string{"IMAP4rev1 AUTH=OAUTHBEARER", "IMAP4rev1 SASL-IR AUTH=OAUTHBEARER", "IMAP4rev1 AUTH=XOAUTH2", "IMAP4rev1 SASL-IR AUTH=XOAUTH2"} {
		server := imaptest.NewScript(t, imaptest.Script{Capability: capability, Answer: on("AUTHENTICATE", func(c *imaptest.ScriptConn, command imaptest.Command) {
			if !strings.Contains(capability, "SASL-IR") {
				c.Say("+ ")
				c.Flush()    //nolint:errcheck // the next line tells
				c.ReadLine() //nolint:errcheck // the client will notice
			}
			c.OK(command, "welcome")
		})})
		const token = "s3cret.s3cret.s3cret.s3cret.s3cret"
		conf := bearing(t, server.Addr, "me", &purse{tokens: []string{token}})
		var trace bytes.Buffer
		conf.Trace = &trace
		open(t, conf).Close()
		text := trace.String()
		for i := range 3 { // the phases of base64
			inner := base64.StdEncoding.EncodeToString([]byte(token[i:]))[:30]
			if strings.Contains(text, inner) || strings.Contains(text, "s3cret") {
				t.Errorf("%s: the trace holds the token: %s", capability, text)
			}
		}
		if !strings.Contains(text, "AUTHENTICATE") || !strings.Contains(text, "(redacted)") {
			t.Errorf("the trace does not tell of the login: %s", text)
		}
	}
}
