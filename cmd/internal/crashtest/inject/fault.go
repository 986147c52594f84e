package inject

import (
	"encoding/json"
	"os"
	"slices"
	"syscall"
	"time"
)

// Kind is a kind of system calls.
type Kind string

// The kinds.
const (
	Open     Kind = "open"
	Write    Kind = "write"
	Sync     Kind = "fsync"
	Rename   Kind = "rename"
	Link     Kind = "link"
	Unlink   Kind = "unlink"
	Truncate Kind = "ftruncate"
	Mkdir    Kind = "mkdir"
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{Open, Write, Sync, Rename, Link, Unlink, Truncate, Mkdir} }

// Fault says which system calls fail, and how.
type Fault struct {
	// Root is the absolute path of a directory: only calls on files below it, and
	// on itself, are counted.
	Root string
	// Kinds are those that are counted; none means all.
	Kinds []Kind
	// At is which of them fails, from 1 on; 0 is none. With On, those after it of
	// the same kind fail, too.
	At int
	On bool
	// Errno is what the call returns, without having been made. 0 kills the
	// program in its place.
	Errno syscall.Errno
	// Clock is what is added to the time of day, a reading of the clock after the
	// other, and from the first again after the last; none for the true time. Time
	// that passes is not changed.
	Clock []time.Duration
	// Log is a file to which each counted call is written, a [Call] a line.
	Log string
}

// Call is a system call that was counted.
type Call struct {
	Kind Kind
	Path string // below Root, "." is itself
	// Failed: it was not made, by the will of the Fault.
	Failed bool
}

// variable is the one in the environment that makes a process run Main.
const variable = "CRASHTEST_INJECT"

// Env returns what has to be in the environment of a process that calls Main.
func (f Fault) Env() string {
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // it has nothing that JSON cannot hold
	}
	return variable + "=" + string(text)
}

// Asked returns the fault that this process was started to inject.
func Asked() (f Fault, asked bool) {
	text, asked := os.LookupEnv(variable)
	return f, asked && json.Unmarshal([]byte(text), &f) == nil
}

// counts tells whether calls of a kind are counted.
func (f Fault) counts(k Kind) bool { return len(f.Kinds) == 0 || slices.Contains(f.Kinds, k) }

// ReadLog reads the calls that were written to Log.
func ReadLog(name string) ([]Call, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var calls []Call
	for d := json.NewDecoder(f); d.More(); {
		var c Call
		if err := d.Decode(&c); err != nil {
			return nil, err
		}
		calls = append(calls, c)
	}
	return calls, nil
}
