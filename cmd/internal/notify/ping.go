package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Limits of a request: how long one try takes, in octets how much text goes with
// it, and how often it is tried.
const (
	pingTime    = 10 * time.Second
	longestBody = 100_000
	pingTries   = 2
)

// ping asks for the URL of an event. The URL is a secret: errors do not show it.
func (h Hooks) ping(ctx context.Context, r Report) error {
	at, err := eventURL(h.URL, r.Event)
	if err != nil {
		return errors.New("notify URL: it is not a URL")
	}
	body := r.Text[max(0, len(r.Text)-longestBody):]
	for try := 1; ; try++ {
		again, err := post(ctx, at, body)
		if err == nil {
			return nil
		}
		if !again || try == pingTries || ctx.Err() != nil {
			return fmt.Errorf("notify URL: %w", err)
		}
	}
}

// eventURL is where an event is told; what stands behind a "?" stays there.
func eventURL(base string, e Event) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	switch e {
	case Start:
		u = u.JoinPath("start")
	case Failure:
		u = u.JoinPath("fail")
	}
	return u.String(), nil
}

// post sends the body; again tells whether another try may help.
func post(ctx context.Context, at, body string) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(body))
	if err != nil {
		return false, errors.New("it is not a URL")
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	request.Header.Set("User-Agent", "mailhaul")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return true, err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, longestBody)) // so that the connection can serve again
	if answer.StatusCode >= 300 {
		return answer.StatusCode >= 500, fmt.Errorf("the server says %s", answer.Status)
	}
	return false, nil
}
