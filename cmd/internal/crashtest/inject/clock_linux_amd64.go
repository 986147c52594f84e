package inject

import (
	"encoding/binary"
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// clock shifts the time of day that a program reads. The kernel gives programs
// code that reads it without a call (vdso(7)); that is taken away first.
type clock struct {
	shifts  []time.Duration
	next    int
	reading map[int]uintptr // where threads that read the clock want it
}

// Entries of the auxiliary vector (getauxval(3)).
const (
	auxEnd    = 0
	auxIgnore = 1
	auxVDSO   = 33
)

// begin hides the kernel's code from a program that has not begun. Its stack has
// the number of its arguments, they, its environment, and the vector of the kernel.
func (c *clock) begin(program int) error {
	if len(c.shifts) == 0 {
		return nil
	}
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(program, &regs); err != nil {
		return err
	}
	at := uintptr(regs.Rsp)
	word := func() (uint64, error) {
		var w [8]byte
		_, err := unix.PtracePeekData(program, at, w[:])
		at += uintptr(len(w))
		return binary.NativeEndian.Uint64(w[:]), err
	}
	if _, err := word(); err != nil {
		return err
	}
	for range 2 { // arguments, environment
		for {
			w, err := word()
			if err != nil {
				return err
			}
			if w == 0 {
				break
			}
		}
	}
	for {
		kind, err := word()
		if err != nil {
			return err
		}
		switch kind {
		case auxEnd:
			return errors.New("the kernel gives no code that reads it")
		case auxVDSO:
			_, err := unix.PtracePokeData(program, at-8, binary.NativeEndian.AppendUint64(nil, auxIgnore))
			return err
		}
		if _, err := word(); err != nil {
			return err
		}
	}
}

// reads notes that a thread enters a call that reads the time of day.
func (c *clock) reads(thread int, number uint64, args [6]uint64) {
	if len(c.shifts) > 0 && number == unix.SYS_CLOCK_GETTIME && args[0] == unix.CLOCK_REALTIME {
		c.reading[thread] = uintptr(args[1])
	}
}

// read changes what a thread has read that leaves a call.
func (c *clock) read(thread int) error {
	at, reading := c.reading[thread]
	if !reading {
		return nil
	}
	delete(c.reading, thread)
	var spec [16]byte // struct timespec
	if _, err := unix.PtracePeekData(thread, at, spec[:]); err != nil {
		return err
	}
	shift := c.shifts[c.next%len(c.shifts)]
	c.next++
	seconds := int64(binary.NativeEndian.Uint64(spec[:8])) + int64(shift/time.Second)
	_, err := unix.PtracePokeData(thread, at, binary.NativeEndian.AppendUint64(nil, uint64(seconds)))
	return err
}
