// Package config turns what a user wrote into typed settings: endpoint URLs,
// rates, durations and counts of a command line, and the accounts and jobs of the
// config file. Its table of settings is the one place where flags, keys of the
// file and environment variables are defined. It opens no connection, and it
// reports all mistakes of one command line, or of one file, at once.
package config
