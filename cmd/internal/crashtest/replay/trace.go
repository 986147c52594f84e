package replay

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxWrite is how many octets of one write are recorded.
const maxWrite = 4 << 20

// calls are the system calls that are recorded: those that the model knows and
// those that it has to refuse.
const calls = "open,openat,openat2,creat,close,write,pwrite64,writev,pwritev,pwritev2,lseek,read,ftruncate,truncate," +
	"fallocate,fsync,fdatasync,sync,syncfs,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat," +
	"mkdir,mkdirat,rmdir,mknod,mknodat,mmap,copy_file_range,sendfile,splice,dup,dup2,dup3,io_uring_enter"

// Command returns the command line that records program into the file trace.
// more are further options of strace, to inject faults with.
func Command(trace string, more []string, program ...string) []string {
	line := []string{"strace", "-f", "-qq", "-yy", "-xx", "-s", strconv.Itoa(maxWrite), "-o", trace, "-e", "trace=" + calls}
	return append(append(line, more...), program...)
}

// call is one system call of a recording.
type call struct {
	name string
	args []string
	ret  int64
	// begin and end are the lines on which it was entered and left.
	begin, end int
}

// errUnfinished marks a line that says only that a call was entered.
var errUnfinished = errors.New("unfinished")

// readCalls gives the successful calls of a recording to yield, in the order in
// which they were left. A call that was never left is left out: nobody knows
// what it did.
func readCalls(r io.Reader, yield func(call) error) error {
	type begun struct {
		text string
		line int
	}
	open := make(map[string]begun) // by thread
	lines := bufio.NewReaderSize(r, 1<<20)
	for n := 1; ; n++ {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) && line == "" {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read recording: %w", err)
		}
		thread, text, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		text = strings.TrimLeft(text, " ")
		begin := n
		if rest, ok := strings.CutPrefix(text, "<... "); ok {
			_, rest, ok = strings.Cut(rest, " resumed>")
			if !ok || open[thread].text == "" {
				return fmt.Errorf("line %d: a call ends that did not begin", n)
			}
			text, begin = open[thread].text+rest, open[thread].line
			delete(open, thread)
		}
		c, err := parseCall(text)
		switch {
		case errors.Is(err, errUnfinished):
			open[thread] = begun{strings.TrimSuffix(text, " <unfinished ...>"), n}
			continue
		case err != nil:
			return fmt.Errorf("line %d: %w", n, err)
		case c.name == "" || c.ret < 0:
			continue
		}
		c.begin, c.end = begin, n
		if err := yield(c); err != nil {
			return fmt.Errorf("line %d: %s: %w", n, c.name, err)
		}
	}
}

// parseCall takes one line apart. Lines that are no call have no name.
func parseCall(text string) (call, error) {
	if text == "" || strings.HasPrefix(text, "+++") || strings.HasPrefix(text, "---") {
		return call{}, nil
	}
	if strings.HasSuffix(text, "<detached ...>") {
		return call{}, nil // the thread was killed before it left the call, or began it
	}
	if strings.HasSuffix(text, "<unfinished ...>") {
		return call{}, errUnfinished
	}
	name, rest, ok := strings.Cut(text, "(")
	end := strings.LastIndex(rest, ") ")
	for end >= 0 { // the error text behind the result may have parentheses
		if strings.HasPrefix(strings.TrimLeft(rest[end+1:], " "), "= ") {
			break
		}
		end = strings.LastIndex(rest[:end], ") ")
	}
	if !ok || end < 0 {
		return call{}, fmt.Errorf("not a system call: %.80q", text)
	}
	result := strings.TrimPrefix(strings.TrimLeft(rest[end+1:], " "), "= ")
	if strings.HasPrefix(result, "?") || strings.Contains(result, "(INJECTED)") {
		return call{}, nil // the process ended in it; or the kernel never saw it
	}
	digits, _, _ := strings.Cut(result, " ")
	digits, _, _ = strings.Cut(digits, "<")
	ret, err := strconv.ParseInt(digits, 0, 64)
	if err != nil && name != "mmap" { // whose result is an address
		return call{}, fmt.Errorf("result of %s: %w", name, err)
	}
	return call{name: name, args: splitArgs(rest[:end]), ret: ret}, nil
}

// splitArgs splits the arguments of a call at its commas. Strings and paths are
// all in hexadecimal: they hold no comma and no bracket of their own.
func splitArgs(text string) []string {
	var args []string
	depth, start := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{', '<':
			depth++
		case ']', '}', '>':
			if text[i] == '>' && i > 0 && text[i-1] == '-' {
				continue // between the ends of a connection
			}
			depth--
		case ',':
			if depth == 0 {
				args = append(args, strings.TrimSpace(text[start:i]))
				start = i + 1
			}
		}
	}
	return append(args, strings.TrimSpace(text[start:]))
}

// octets returns what stands in a string argument.
func octets(arg string) ([]byte, error) {
	if strings.HasSuffix(arg, "...") {
		return nil, fmt.Errorf("more than %d octets: the recording is cut off", maxWrite)
	}
	return unescape(strings.Trim(arg, `"`))
}

// unescape decodes octets that are all written as \xHH.
func unescape(text string) ([]byte, error) {
	b, err := hex.DecodeString(strings.ReplaceAll(text, `\x`, ""))
	if err != nil {
		return nil, fmt.Errorf("decode %.40q: %w", text, err)
	}
	return b, nil
}

// descriptor takes "8<path>" apart. The path is "" for what is no file; that of a
// connection is like "TCP:[127.0.0.1:40000->127.0.0.1:143]".
func descriptor(arg string) (fd, path string, err error) {
	fd, rest, ok := strings.Cut(arg, "<")
	if !ok {
		return fd, "", nil
	}
	rest = strings.TrimSuffix(strings.TrimSuffix(rest, "(deleted)"), ">")
	if !strings.HasPrefix(rest, `\x`) {
		return fd, rest, nil
	}
	rest, _, _ = strings.Cut(rest, "<") // behind it stands what device it is
	b, err := unescape(rest)
	return fd, string(b), err
}
