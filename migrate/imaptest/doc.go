// Package imaptest gives tests what they need to speak IMAP with: real servers
// ([Dovecot], [Cyrus], [Courier]), a raw client to fill and change accounts
// ([Dial]), sets of mail ([Seed], [SeedTwins], [Corpus]), another program to look
// at what has come of them ([Reference], [ReferenceFolders]), a faulty line
// ([NewLine]), a DNS server ([NewResolver]) and a scripted server that says whatever a test wants ([NewScript])
// and has the quirks of real ones ([Quirk]).
//
// A real server is private to the test process: its files lie in a temporary
// directory, it listens on free ports of 127.0.0.1, and it is started once for
// each kind and set of options, when the first test asks for it. It ends with
// the process, however that ends: a supervisor holds the other end of a pipe.
// A server that cannot be started fails the test and never skips it. Starting
// one needs root and the packages that .ci/install-servers.sh installs.
//
// The subpackages memory and sample do not import testing: they serve the
// demonstration of the command line as well.
package imaptest
