// Package credential finds the password of an account where the user keeps it:
// in the endpoint URL, a file, the output of a command, the environment, or at
// the terminal. It stores nothing, and no error of it repeats a password.
package credential
