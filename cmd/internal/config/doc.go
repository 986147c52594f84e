// Package config turns what a user wrote on a command line into typed
// settings: endpoint URLs, rates, durations, counts. It reads no file and opens
// no connection, and it reports all mistakes of one command line at once.
package config
