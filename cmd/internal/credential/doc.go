// Package credential finds the password of an account where the user keeps it: in
// the endpoint URL, a file, the output of a command, the environment, the keyring
// of the system, a credential of systemd, or at the terminal. It stores a password
// in the keyring when it is told to, and nowhere else. No error of it repeats one.
package credential
