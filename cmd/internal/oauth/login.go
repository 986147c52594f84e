package oauth

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/mailhaul/mailhaul"
)

// Person is whom a login asks.
type Person struct {
	// Tell shows a line.
	Tell func(text string)
	// Browse opens a browser at a URL, nil where there is none. What the person
	// is told suffices without it.
	Browse func(url string) error
}

// Login asks a person for consent and returns the token; flows without a person
// ask nobody. It keeps nothing.
func (c *Client) Login(ctx context.Context, person Person) (Token, error) {
	if !c.settings.ForPeople() {
		t, err := c.grant(ctx)
		return t, scoped(err)
	}
	ask := c.browser
	if c.settings.Flow == Device {
		ask = c.device
	}
	t, err := ask(ctx, person)
	if err != nil {
		return Token{}, err
	}
	if lacking := c.lacking(t); len(lacking) > 0 {
		return Token{}, &mailhaul.Error{Scope: mailhaul.ScopeAccount, Op: "log in",
			Err:  &kind{errors.New("the provider did not give the scope " + strings.Join(lacking, " ")), mailhaul.ErrAuth},
			Hint: "the page of the provider asks for each right: grant access to mail there; to try again: " + c.options.Again}
	}
	return c.token(t), nil
}

// lacking returns the scopes that were asked for and not given; an answer that
// names none gives all (RFC 6749, 5.1). offline_access is a wish, not a right,
// and Microsoft does not repeat it.
func (c *Client) lacking(t *oauth2.Token) []string {
	given, _ := t.Extra("scope").(string)
	if given == "" {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.settings.Scopes), func(scope string) bool {
		return scope == "offline_access" || slices.ContainsFunc(strings.Fields(given), func(g string) bool { return strings.EqualFold(g, scope) })
	})
}
