package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/mailhaul/mailhaul"
)

// consentLimit is how long a person has in the browser, pageLimit how long the
// browser has to take the last page.
const (
	consentLimit = 15 * time.Minute
	pageLimit    = 2 * time.Second
)

// browser sends a person to the provider, which sends the browser back to a port
// of this machine with a code for the token (RFC 8252, 7.3). The code is worth
// nothing to who overhears it (PKCE, RFC 7636), and an answer that does not
// belong to this login is not listened to (state, RFC 6749, 10.12).
func (c *Client) browser(ctx context.Context, person Person) (*oauth2.Token, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the browser: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	conf := c.config
	conf.RedirectURL = fmt.Sprintf("http://%s:%d", c.settings.redirectHost(), port)
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	came := make(chan consent, 1)
	server := &http.Server{Handler: redirect(state, came), ReadHeaderTimeout: requestLimit, MaxHeaderBytes: 64 << 10}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends when it is closed
	}()
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), pageLimit)
		defer cancel()
		_ = server.Shutdown(last) // the page is still on its way
		_ = server.Close()        // who holds a connection open does not hold us
		<-served
	}()
	c.show(person, conf.AuthCodeURL(state, c.authOptions(verifier)...), port)
	late := time.NewTimer(consentLimit)
	defer late.Stop()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-late.C:
		return nil, c.late()
	case got := <-came:
		if got.refused != "" {
			return nil, c.failure("log in", &oauth2.RetrieveError{ErrorCode: got.refused, ErrorDescription: got.description})
		}
		t, err := conf.Exchange(c.context(ctx), got.code, oauth2.VerifierOption(verifier))
		if err != nil {
			return nil, c.failure("log in", err)
		}
		return t, nil
	}
}

// authOptions are the parameters of the provider's page. Google gives a refresh
// token only to who asks so, and only with a new consent.
func (c *Client) authOptions(verifier string) []oauth2.AuthCodeOption {
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	if c.settings.User != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", c.settings.User))
	}
	if c.settings.Provider == "google" {
		options = append(options, oauth2.AccessTypeOffline, oauth2.SetAuthURLParam("prompt", "consent"))
	}
	return options
}

// show tells the person where to go, and opens a browser if there is one.
func (c *Client) show(person Person, url string, port int) {
	person.Tell("Log in as " + c.settings.User + " in your browser:")
	person.Tell("")
	person.Tell("  " + url)
	person.Tell("")
	if person.Browse != nil && person.Browse(url) == nil {
		return
	}
	person.Tell(fmt.Sprintf("If the browser runs on another machine, first run there: ssh -N -L %d:127.0.0.1:%d THIS-MACHINE", port, port))
}

// late is the error of a login that nobody came to.
func (c *Client) late() error {
	return &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: "log in",
		Err: &kind{errors.New("nobody agreed in time"), mailhaul.ErrAuth}, Hint: "to try again: " + c.options.Again}
}

// consent is what the browser brings back.
type consent struct{ code, refused, description string }

// redirect takes the browser's answer, once, if it knows the state. Any page in
// the browser can call this port: such a call must neither pass for the answer
// nor end the login.
func redirect(state string, came chan<- consent) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Connection", "close")
		got := consent{code: q.Get("code"), refused: q.Get("error"), description: q.Get("error_description")}
		switch {
		case r.Method != http.MethodGet || r.URL.Path != "/" || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(state)) != 1,
			(got.code == "") == (got.refused == ""):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "This is not an answer that mailhaul waits for.\n")
			return
		}
		text := "mailhaul has its answer. You can close this page.\n"
		if got.refused != "" {
			text = "The login was refused; mailhaul tells more. You can close this page.\n"
		}
		_, _ = io.WriteString(w, text)
		select {
		case came <- got:
		default: // the page was loaded again
		}
	})
}
