// Package endpointtest is the contract of sources and targets as tests: every
// endpoint passes the same suite, whatever it is made of.
package endpointtest
