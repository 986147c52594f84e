package plan

import "github.com/mailhaul/mailhaul"

// Messages is what is to be done in one folder whose UIDVALIDITY is that of the
// ledger.
type Messages struct {
	Fetch  mailhaul.UIDSet // on the server, not in the ledger
	Revive mailhaul.UIDSet // gone before, on the server again: the same message (RFC 9051, 2.3.1.1)
	Gone   mailhaul.UIDSet // in the ledger as live, not on the server
}

// Decide sets the messages on the server against those in the ledger. complete
// is false when the server may have more messages than it named: then nothing
// is taken for gone.
func Decide(onServer, live, gone mailhaul.UIDSet, complete bool) Messages {
	missing := onServer.Minus(live)
	m := Messages{Fetch: missing.Minus(gone)}
	m.Revive = missing.Minus(m.Fetch)
	if complete {
		m.Gone = live.Minus(onServer)
	}
	return m
}
