package mailhaul

import (
	"errors"
	"fmt"
	"strings"
)

// What callers test for with errors.Is.
var (
	// ErrAuth: the server refused the credentials. Never tried again blindly.
	ErrAuth = errors.New("authentication refused")
	// ErrConnect: no connection, or lost for good.
	ErrConnect = errors.New("cannot connect")
	// ErrLocked: another run holds the archive or the ledger.
	ErrLocked = errors.New("locked by another run")
	// ErrDamaged: what is on disk is not what was written.
	ErrDamaged = errors.New("damaged")
	// ErrUsage: the user asked for something that makes no sense.
	ErrUsage = errors.New("wrong usage")
	// ErrGone: the message is no longer on the server.
	ErrGone = errors.New("no longer on the server")
	// ErrName: the account does not take a folder of that name.
	ErrName = errors.New("folder name refused")
	// ErrFull: the account has no room for more (RFC 9208, OVERQUOTA).
	ErrFull = errors.New("the account is full")
	// ErrNewer: a ledger written by a newer version.
	ErrNewer = errors.New("written by a newer version of mailhaul")
)

// Scope says how far an error reaches.
type Scope uint8

// The scopes, from the smallest to the largest.
const (
	ScopeMessage Scope = iota // this message failed, the folder goes on
	ScopeFolder               // this folder failed, the account goes on
	ScopeAccount              // this account failed
	ScopeRun                  // nothing can go on: disk full, ledger damaged
)

// Error is an error with its scope.
type Error struct {
	Scope Scope
	// Temporary tells whether trying again may help.
	Temporary bool
	// Op is what was tried, verb and object: "fetch message".
	Op string
	// Folder and UID name the object, where there is one.
	Folder string
	UID    UID
	// Hint says what the user can do, or is empty.
	Hint string
	Err  error
}

// Error tells operation, object and cause. Names are quoted, since they come
// from servers.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Folder != "" {
		fmt.Fprintf(&b, " in folder %q", e.Folder)
	}
	if e.UID != 0 {
		fmt.Fprintf(&b, ", UID %d", e.UID)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ScopeOf returns the scope of err, that of the outermost Error in it; an error
// without one reaches the whole run.
func ScopeOf(err error) Scope {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Scope
	}
	return ScopeRun
}
