package inject

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Main runs a command line with the fault and returns its exit code. When the
// program was killed, so is the process that calls it.
func (f Fault) Main(line []string) int {
	runtime.LockOSThread() // a thread traces, not a process
	code, killed, err := f.run(line)
	if err != nil {
		fmt.Fprintln(os.Stderr, "inject:", err)
		return 125
	}
	if killed {
		_ = unix.Kill(os.Getpid(), unix.SIGKILL)
	}
	return code
}

// tracer follows a program from stop to stop.
type tracer struct {
	Fault
	program int
	log     *json.Encoder
	count   int
	kind    Kind         // of the call that failed first
	skipped map[int]bool // threads whose call was not made
	clock   clock
}

func (f Fault) run(line []string) (code int, killed bool, err error) {
	t := &tracer{Fault: f, skipped: map[int]bool{}, clock: clock{shifts: f.Clock, reading: map[int]uintptr{}}}
	if f.Log != "" {
		log, err := os.Create(f.Log)
		if err != nil {
			return 0, false, err
		}
		defer log.Close()
		t.log = json.NewEncoder(log)
	}
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &unix.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return 0, false, err
	}
	t.program = cmd.Process.Pid
	var status unix.WaitStatus
	if _, err := unix.Wait4(t.program, &status, unix.WALL, nil); err != nil { // at its execve
		return 0, false, err
	}
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK |
		unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_EXITKILL
	if err := unix.PtraceSetOptions(t.program, options); err != nil {
		return 0, false, err
	}
	if err := t.clock.begin(t.program); err != nil {
		return 0, false, fmt.Errorf("take the clock: %w", err)
	}
	if err := unix.PtraceSyscall(t.program, 0); err != nil {
		return 0, false, err
	}
	return t.follow()
}

// follow lets all threads go on until the program ends.
func (t *tracer) follow() (code int, killed bool, err error) {
	for {
		var status unix.WaitStatus
		thread, err := unix.Wait4(-1, &status, unix.WALL, nil)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, false, fmt.Errorf("wait: %w", err)
		case status.Exited() || status.Signaled():
			if thread == t.program {
				return status.ExitStatus(), status.Signaled(), nil
			}
			continue
		}
		signal := 0
		switch stop := status.StopSignal(); {
		case stop == unix.SIGTRAP|0x80:
			err = t.stopped(thread)
		case stop == unix.SIGTRAP || stop == unix.SIGSTOP: // a thread or a program begins
		default:
			signal = int(stop)
		}
		if err == nil {
			err = unix.PtraceSyscall(thread, signal)
		}
		if err != nil && err != unix.ESRCH { // killed meanwhile
			return 0, false, err
		}
	}
}

// info is struct ptrace_syscall_info (ptrace(2)): at the entry of a call its
// number and arguments follow, which number shares with the result at its end.
type info struct {
	op     uint8
	_      [3]uint8
	_      uint32
	_, _   uint64
	number uint64
	args   [6]uint64
}

const (
	getSyscallInfo = 0x420e // PTRACE_GET_SYSCALL_INFO
	atEntry        = 1      // PTRACE_SYSCALL_INFO_ENTRY
)

// stopped deals with a thread that enters or leaves a call.
func (t *tracer) stopped(thread int) error {
	var i info
	if _, _, e := unix.Syscall6(unix.SYS_PTRACE, getSyscallInfo, uintptr(thread), unsafe.Sizeof(i), uintptr(unsafe.Pointer(&i)), 0, 0); e != 0 {
		return e
	}
	if i.op != atEntry {
		if !t.skipped[thread] {
			return t.clock.read(thread)
		}
		delete(t.skipped, thread)
		return answer(thread, t.Errno)
	}
	t.clock.reads(thread, i.number, i.args)
	call, known := calls[i.number]
	if !known || !t.counts(call.kind) {
		return nil
	}
	for _, p := range call.files {
		if rel, below := t.below(thread, p, i.args); below {
			return t.counted(thread, call.kind, rel)
		}
	}
	return nil
}

// counted counts a call, and lets it fail when it is its turn.
func (t *tracer) counted(thread int, kind Kind, rel string) error {
	t.count++
	fails := t.count == t.At || t.On && t.At > 0 && t.count > t.At && kind == t.kind
	if t.log != nil {
		if err := t.log.Encode(Call{kind, rel, fails}); err != nil {
			return err
		}
	}
	if !fails {
		return nil
	}
	t.kind = kind
	if t.Errno == 0 {
		return unix.Kill(t.program, unix.SIGKILL)
	}
	t.skipped[thread] = true
	return skip(thread)
}

// below returns the path below Root that an argument of a call stands for.
func (t *tracer) below(thread int, p place, args [6]uint64) (rel string, ok bool) {
	file, dir := "", ""
	if p.path >= 0 {
		file = text(thread, uintptr(args[p.path]))
	}
	if !path.IsAbs(file) && p.descriptor >= 0 {
		link := fmt.Sprintf("/proc/%d/fd/%d", thread, int32(args[p.descriptor]))
		if int32(args[p.descriptor]) == unix.AT_FDCWD {
			link = fmt.Sprintf("/proc/%d/cwd", thread)
		}
		var err error
		if dir, err = os.Readlink(link); err != nil {
			return "", false // a bad descriptor: the kernel will say so
		}
	}
	abs := path.Join(strings.TrimSuffix(dir, " (deleted)"), file)
	if abs == t.Root {
		return ".", true
	}
	rel, ok = strings.CutPrefix(abs, t.Root+"/")
	return rel, ok
}

// text reads a string out of a thread's memory.
func text(thread int, address uintptr) string {
	var out []byte
	var word [8]byte
	for {
		n, err := unix.PtracePeekData(thread, address, word[:])
		if err != nil {
			return "" // a bad address: the kernel will say so
		}
		for _, b := range word[:n] {
			if b == 0 {
				return string(out)
			}
			out = append(out, b)
		}
		address += uintptr(n)
	}
}
