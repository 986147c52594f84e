package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mailhaul": main, "xdg-open": browse})
}

// TestScripts runs testdata/script: the specification of the command line. Each
// script has servers of its own:
//
//	$ADDR     host:port without TLS, user me, password secret
//	$LINE     the same over a line that counts commands
//	$TLS      host:port with TLS; its authority is in $CA
//	$STARTTLS host:port with STARTTLS
//	$EXPIRED  host:port whose certificate is expired, $WRONG another host's
//	$SICK     host:port of one that cannot give UID 2 until "heal"
//	$TO       host:port without TLS, user you with no mail, over a line that counts
//	$PICKY    host:port of an account that refuses messages with a subject "first"
//	$SMALL    host:port of an account with room for 100 octets
//	$OAUTH    host:port without TLS of an account me that takes access tokens
//	$AUTH_URL the page of these tokens' provider; also $TOKEN_URL, $DEVICE_URL, $REVOKE_URL
//	          (service.json in the script's directory is its key of a service account)
//	$CLOSED   host:port where nothing listens
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup:               func(env *testscript.Env) error { return setup(t, env) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":     status,
			"flip":       flip,
			"hold":       hold,
			"holdledger": holdLedger,
			"deliver":    deliver,
			"imap":       imap,
			"line":       line,
			"heal":       heal,
			"oauth":      provider,
			"expand":     expand,
		},
	})
}
