package inject

import "golang.org/x/sys/unix"

// places says where the arguments of a call are that name files: each is the
// number of the argument with the path, or with the descriptor when it has none.
type places struct {
	kind  Kind
	files []place
}

// place is an argument with a descriptor, or with a path, which is looked up from
// the directory of a descriptor. -1 is for none.
type place struct{ descriptor, path int }

var (
	fd   = []place{{0, -1}}
	name = []place{{-1, 0}}
	at   = []place{{0, 1}}
)

// calls are the system calls by which files are changed, and opened.
var calls = map[uint64]places{
	unix.SYS_OPEN:            {Open, name},
	unix.SYS_CREAT:           {Open, name},
	unix.SYS_OPENAT:          {Open, at},
	unix.SYS_OPENAT2:         {Open, at},
	unix.SYS_WRITE:           {Write, fd},
	unix.SYS_PWRITE64:        {Write, fd},
	unix.SYS_WRITEV:          {Write, fd},
	unix.SYS_PWRITEV:         {Write, fd},
	unix.SYS_SENDFILE:        {Write, fd},
	unix.SYS_COPY_FILE_RANGE: {Write, []place{{2, -1}}},
	unix.SYS_SPLICE:          {Write, []place{{2, -1}}},
	unix.SYS_FSYNC:           {Sync, fd},
	unix.SYS_FDATASYNC:       {Sync, fd},
	unix.SYS_SYNCFS:          {Sync, fd},
	unix.SYS_FTRUNCATE:       {Truncate, fd},
	unix.SYS_FALLOCATE:       {Truncate, fd},
	unix.SYS_RENAME:          {Rename, []place{{-1, 0}, {-1, 1}}},
	unix.SYS_RENAMEAT:        {Rename, []place{{0, 1}, {2, 3}}},
	unix.SYS_RENAMEAT2:       {Rename, []place{{0, 1}, {2, 3}}},
	unix.SYS_LINK:            {Link, []place{{-1, 0}, {-1, 1}}},
	unix.SYS_LINKAT:          {Link, []place{{0, 1}, {2, 3}}},
	unix.SYS_UNLINK:          {Unlink, name},
	unix.SYS_RMDIR:           {Unlink, name},
	unix.SYS_UNLINKAT:        {Unlink, at},
	unix.SYS_MKDIR:           {Mkdir, name},
	unix.SYS_MKDIRAT:         {Mkdir, at},
}

// skip lets the call that a thread is about to make not be made.
func skip(thread int) error {
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(thread, &regs); err != nil {
		return err
	}
	regs.Orig_rax = ^uint64(0) // there is no such call
	return unix.PtraceSetRegs(thread, &regs)
}

// answer gives a thread the result of the call that it is about to leave.
func answer(thread int, errno unix.Errno) error {
	var regs unix.PtraceRegs
	if err := unix.PtraceGetRegs(thread, &regs); err != nil {
		return err
	}
	regs.Rax = -uint64(errno)
	return unix.PtraceSetRegs(thread, &regs)
}
