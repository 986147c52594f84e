package app

import (
	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/credential"
)

// request says where the password of an account may be: where its URL or its table
// in the config file says, else in the environment, else the terminal is asked.
func (o accountOptions) request() credential.Request {
	e := o.endpoint
	r := credential.Request{
		Account: entryOf(e) + " (" + e.Role + ")", Literal: e.Password, File: e.PasswordFile, Command: e.PasswordCommand,
		Environment: []string{passwordVariable(e.Role), "MAILHAUL_PASSWORD"},
	}
	if o.named == nil {
		return r
	}
	v := o.named.Values
	r.File, r.Variable, r.Systemd = v["password-file"].Text(), v["password-env"].Text(), v["systemd-credential"].Text()
	if command := v["password-command"]; command.Words {
		r.Words = command.Texts
	} else {
		r.Command = command.Text()
	}
	if v["keyring"].On() {
		r.Keyring = entryOf(e)
	}
	return r
}

// entryOf names who logs in where: in the prompt and in the keyring.
func entryOf(e config.Endpoint) string { return e.User + "@" + e.Host }

// credentials is what the world offers to find the password of an account. A
// password command does not see the variables in which others have theirs.
func (env Env) credentials(secrets []string) credential.Env {
	return credential.Env{
		Getenv: env.Getenv, Environ: env.Environ, Secrets: secrets,
		Stderr: env.Stderr, Prompt: env.Terminal.Prompt,
	}
}

// passwordVariable is the environment variable for the password of a role. What
// compare calls A and B are source and target there; what check calls
// ENDPOINT and config add ADDRESS is a source.
func passwordVariable(role string) string {
	switch role {
	case "A", "ENDPOINT", "ADDRESS":
		role = "SOURCE"
	case "B":
		role = "TARGET"
	}
	return "MAILHAUL_" + role + "_PASSWORD"
}
