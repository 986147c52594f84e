package replay_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/mailhaul/mailhaul/cmd/internal/crashtest/replay"
)

// hex writes text as strace -xx does.
func hex(text string) string {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, `\x%02x`, text[i])
	}
	return b.String()
}

// trace makes a recording: 'text' stands for a string, <path> for a path.
func trace(lines ...string) string {
	var b strings.Builder
	for _, line := range lines {
		for i, part := range strings.Split(line, "'") {
			if i%2 == 1 {
				part = `"` + hex(part) + `"`
			}
			b.WriteString(part)
		}
		b.WriteByte('\n')
	}
	return regexp.MustCompile(`<(/|pipe:|socket:)[^<>]*`).ReplaceAllStringFunc(b.String(), func(path string) string {
		return "<" + hex(path[1:])
	})
}

// brief is an event without its place in the recording.
func brief(e replay.Event) string {
	names := []string{"make", "link", "rename", "remove", "write", "truncate", "sync", "syncall", "output", "sent"}
	return strings.TrimSpace(fmt.Sprintf("%s %d %s %s %d %d %q", names[e.Kind], e.File, e.From, e.Path, e.Offset, e.Size, e.Data))
}

func TestParse(t *testing.T) {
	const open = `1 openat(AT_FDCWD</>, '/r/a', O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 3</r/a>`
	tests := []struct {
		name  string
		lines []string
		want  []string
	}{
		{"writes move on", []string{open, `1 write(3</r/a>, 'ab', 2) = 2`, `1 write(3</r/a>, 'cd', 2) = 1`, `1 write(3</r/a>, 'e', 1) = 1`},
			[]string{`make 2  a 0 0 ""`, `write 2  a 0 0 "ab"`, `write 2  a 2 0 "c"`, `write 2  a 3 0 "e"`}},
		{"at an offset", []string{open, `1 pwrite64(3</r/a>, 'ab', 2, 4096) = 2`, `1 write(3</r/a>, 'x', 1) = 1`},
			[]string{`make 2  a 0 0 ""`, `write 2  a 4096 0 "ab"`, `write 2  a 0 0 "x"`}},
		{"seek and read", []string{open, `1 lseek(3</r/a>, 10, SEEK_SET) = 10`, `1 read(3</r/a>, '', 5) = 5`, `1 write(3</r/a>, 'x', 1) = 1`},
			[]string{`make 2  a 0 0 ""`, `write 2  a 15 0 "x"`}},
		{"append", []string{open, `1 write(3</r/a>, 'ab', 2) = 2`, `1 open('/r/a', O_WRONLY|O_APPEND) = 4</r/a>`, `1 write(4</r/a>, 'c', 1) = 1`},
			[]string{`make 2  a 0 0 ""`, `write 2  a 0 0 "ab"`, `write 2  a 2 0 "c"`}},
		{"truncate", []string{open, `1 write(3</r/a>, 'ab', 2) = 2`, `1 ftruncate(3</r/a>, 1) = 0`, `1 open('/r/a', O_WRONLY|O_TRUNC) = 4</r/a>`},
			[]string{`make 2  a 0 0 ""`, `write 2  a 0 0 "ab"`, `truncate 2  a 0 1 ""`, `truncate 2  a 0 0 ""`}},
		{"a file goes by its descriptor", []string{open, `1 renameat(5</r>, 'a', 5</r>, 'b') = 0`, `1 fsync(3</r/b>) = 0`, `1 unlink('/r/b') = 0`, `1 write(3</r/b>(deleted), 'x', 1) = 1`},
			[]string{`make 2  a 0 0 ""`, `rename 2 a b 0 0 ""`, `sync 2  b 0 0 ""`, `remove 2  b 0 0 ""`, `write 2  a 0 0 "x"`}},
		{"directories", []string{`1 mkdir('/r', 0700) = 0`, `1 mkdirat(5</r>, 'd', 0700) = 0`, `1 openat(5</r>, 'd', O_RDONLY|O_DIRECTORY) = 6</r/d>`, `1 fsync(6</r/d>) = 0`, `1 linkat(5</r>, 'd', 5</r>, 'e', 0) = 0`},
			[]string{`make 2  d 0 0 ""`, `sync 2  d 0 0 ""`, `link 2  e 0 0 ""`}},
		{"the root itself", []string{`1 open('/r', O_RDONLY) = 3</r>`, `1 fsync(3</r>) = 0`, `1 syncfs(3</r>) = 0`},
			[]string{`sync 1  . 0 0 ""`, `syncall 0   0 0 ""`}},
		{"what failed was not", []string{`1 open('/r/a', O_RDWR) = -1 ENOENT (No such file or directory)`, open, `1 fsync(3</r/a>) = -1 EIO (Input/output error) (INJECTED)`, `1 fsync(3</r/a>) = 0 (INJECTED)`, `1 fsync(3</r/a>) = ?`},
			[]string{`make 2  a 0 0 ""`}},
		{"elsewhere", []string{`1 openat(AT_FDCWD</>, '/s/a', O_RDWR|O_CREAT) = 3</s/a>`, `1 write(3</s/a>, 'x', 1) = 1`, `1 rename('/s/a', '/s/b') = 0`, `1 write(9<socket:[1]>, 'x', 1) = 1`, `1 symlink('/r/a', '/s/b') = -1 EPERM (Operation not permitted)`},
			nil},
		{"sent", []string{`1 connect(6<TCP:[7]>, {sa_family=AF_INET}, 16) = -1 EINPROGRESS (Operation now in progress)`, `1 write(6<TCP:[127.0.0.1:40000->127.0.0.1:143]>, 'abc', 3) = 2`, `1 read(6<TCP:[127.0.0.1:40000->127.0.0.1:143]>, 'abc', 3) = 3`,
			`1 writev(6<TCP:[127.0.0.1:40000->127.0.0.1:143]>, [{iov_base='abc', iov_len=3}], 1) = 3`}, []string{`sent 0  127.0.0.1:143 0 2 ""`, `sent 0  127.0.0.1:143 0 3 ""`}},
		{"a device", []string{`1 openat(AT_FDCWD</>, '/dev/null', O_RDWR) = 3</dev/null<char 1:3>>`, `1 write(3</dev/null<char 1:3>>, 'x', 1) = 1`}, nil},
		{"output", []string{`1 write(1<pipe:[1]>, 'done', 4) = 4`}, []string{`output 0   0 0 "done"`}},
		{"calls of two threads", []string{open, `1 pwrite64(3</r/a>, 'ab', 2, 0 <unfinished ...>`, `2 fsync(3</r/a> <unfinished ...>`, `1 <... pwrite64 resumed>)          = 2`, `2 <... fsync resumed>)              = 0`, `2 +++ exited with 0 +++`, `1 --- SIGURG {si_signo=SIGURG} ---`, `1 write(3</r/a>, 'x', 1 <unfinished ...>`, `3 ???( <detached ...>`, `4 fsync(3</r/a> <unfinished ...>`, `4 <... fsync resumed> <detached ...>`},
			[]string{`make 2  a 0 0 ""`, `write 2  a 0 0 "ab"`, `sync 2  a 0 0 ""`}},
		{"a mapped index", []string{`1 open('/r/x-shm', O_RDWR|O_CREAT) = 3</r/x-shm>`, `1 mmap(NULL, 32768, PROT_READ|PROT_WRITE, MAP_SHARED, 3</r/x-shm>, 0) = 0x7f0000000000`},
			[]string{`make 2  x-shm 0 0 ""`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			events, err := replay.Parse("/r", nil, strings.NewReader(trace(test.lines...)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range events {
				got = append(got, brief(e))
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	const open = `1 openat(AT_FDCWD</>, '/r/a', O_RDWR|O_CREAT, 0600) = 3</r/a>`
	tests := map[string][]string{
		"a copy in the kernel":   {open, `1 copy_file_range(9</s/b>, NULL, 3</r/a>, NULL, 5, 0) = 5`},
		"from a socket":          {open, `1 splice(9<pipe:[1]>, NULL, 3</r/a>, NULL, 5, 0) = 5`},
		"a mapping":              {open, `1 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3</r/a>, 0) = 0x7f0000000000`},
		"several buffers":        {open, `1 pwritev(3</r/a>, [{iov_base='x', iov_len=1}], 1, 0) = 1`},
		"space made":             {open, `1 fallocate(3</r/a>, 0, 0, 4096) = 0`},
		"a symbolic link":        {`1 symlinkat('/etc', 5</r>, 'l') = 0`},
		"a pipe":                 {`1 mknod('/r/p', S_IFIFO|0600) = 0`},
		"a path cut short":       {open, `1 truncate('/r/a', 5) = 0`},
		"a file from elsewhere":  {`1 rename('/s/a', '/r/a') = 0`},
		"a directory renamed":    {`1 mkdir('/r/d', 0700) = 0`, `1 rename('/r/d', '/r/e') = 0`},
		"names exchanged":        {open, `1 renameat2(5</r>, 'a', 5</r>, 'b', RENAME_EXCHANGE) = 0`},
		"a file never made":      {`1 open('/r/a', O_RDWR) = 3</r/a>`},
		"a recording cut off":    {open, `1 write(3</r/a>, 'ab'..., 2) = 2`},
		"an end without a begin": {`1 <... fsync resumed>) = 0`},
		"something else":         {`1 hello`},
	}
	for name, lines := range tests {
		t.Run(name, func(t *testing.T) {
			events, err := replay.Parse("/r", nil, strings.NewReader(trace(lines...)))
			if err == nil {
				t.Errorf("it was taken: %v", events)
			}
		})
	}
}
