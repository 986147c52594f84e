// Command floor does the least that any program must do to bring an IMAP
// account onto a disk, or mail from a disk into an account: no library, one
// buffered reader a connection, commands pipelined, literals copied as they
// come. Benchmarks measure mailhaul against it. It trusts the server, checks
// nothing, keeps no ledger and cannot resume.
//
//	floor [-connections N] [-format files|mbox|none] [-sync] [-look] ADDRESS USER DIRECTORY
//	floor -append ADDRESS USER DIRECTORY
//
// ADDRESS is host:port of a server on this machine, spoken to in plain text;
// the password comes from MAILHAUL_PASSWORD. With -look it asks for the state
// of all folders and fetches nothing, with -format none it throws away what
// comes. With -append it sends what -format files has written, over one
// connection, many messages a command. It prints how many messages and octets
// it has fetched or sent.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
)

// options are the command line.
type options struct {
	address, user, password, dir string

	connections int
	format      string
	sync, look  bool
	append      bool
}

func main() {
	o, err := parse(os.Args[1:])
	if err == nil {
		var done tally
		if done, err = run(o); err == nil {
			fmt.Println(done.messages, done.octets)
			return
		}
	}
	fmt.Fprintln(os.Stderr, "floor:", err)
	os.Exit(1)
}

func parse(args []string) (options, error) {
	o := options{password: os.Getenv("MAILHAUL_PASSWORD")}
	set := flag.NewFlagSet("floor", flag.ContinueOnError)
	set.IntVar(&o.connections, "connections", 1, "how many connections share the work")
	set.StringVar(&o.format, "format", "files", "files: a directory a folder, a file a message; mbox: one file a connection; none: nothing")
	set.BoolVar(&o.sync, "sync", false, "make it durable: files in groups, an mbox once at the end")
	set.BoolVar(&o.look, "look", false, "ask for the state of the folders only")
	set.BoolVar(&o.append, "append", false, "put the files in the directory into the account")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if set.NArg() != 3 || o.connections < 1 || !slices.Contains([]string{"files", "mbox", "none"}, o.format) {
		return o, errors.New("usage: floor [FLAGS] ADDRESS USER DIRECTORY")
	}
	o.address, o.user, o.dir = set.Arg(0), set.Arg(1), set.Arg(2)
	return o, nil
}

// tally counts what was fetched or sent.
type tally struct{ messages, octets int64 }

func run(o options) (tally, error) {
	first, err := dial(o)
	if err != nil {
		return tally{}, err
	}
	defer first.close()
	if o.append {
		return first.appendAll(o.dir)
	}
	folders, err := first.folders()
	if err != nil || o.look {
		return tally{}, err
	}
	store, err := newStore(o, folders)
	if err != nil {
		return tally{}, err
	}
	work := split(folders, o.connections)
	var (
		wg    sync.WaitGroup
		errs  = make([]error, o.connections)
		parts = make([]tally, o.connections)
	)
	for i := range o.connections {
		wg.Go(func() { parts[i], errs[i] = share(o, i, first, work, store) })
	}
	wg.Wait()
	var sum tally
	for _, p := range parts {
		sum.messages += p.messages
		sum.octets += p.octets
	}
	return sum, errors.Join(append(errs, store.close())...)
}

// share does the work of the i-th connection: the first one is there already.
func share(o options, i int, c *conn, work <-chan piece, store *store) (done tally, err error) {
	if i > 0 {
		if c, err = dial(o); err != nil {
			return done, err
		}
		defer c.close()
	}
	sink, err := store.sink(i)
	if err != nil {
		return done, err
	}
	err = c.fetch(work, o.connections > 1, func(m message) error {
		done.messages++
		done.octets += m.size
		return sink.put(m)
	})
	return done, errors.Join(err, sink.close())
}
