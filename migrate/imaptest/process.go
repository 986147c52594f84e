package imaptest

import (
	"bufio"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// startLimit bounds how long a server may take until it takes a login. It is
// long because several test processes may share a small machine.
const startLimit = 60 * time.Second

//go:embed supervisor.sh
var supervisor string

// supervise starts a command that stays in the foreground; its output goes to
// the file start.log in dir, stop is the signal that ends it. The write end of the pipe is never closed: the
// kernel does it when this process ends.
func supervise(dir, stop string, command ...string) error {
	log, err := os.OpenFile(filepath.Join(dir, "start.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	script := filepath.Join(dir, "supervisor.sh")
	if err := os.WriteFile(script, []byte(supervisor), 0o644); err != nil {
		return err
	}
	cmd := exec.Command("/bin/sh", append([]string{script, dir, stop}, command...)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir = "/"
	// A session of its own: an interrupt from the terminal must not hit the
	// supervisor before it has cleaned up.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if _, err := cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", command[0], err)
	}
	go func() { _ = cmd.Wait() }() // reaps it, should it end before this process
	return nil
}

// await returns when the server at addr takes a login of user.
func await(dir, addr, user, password string) error {
	var last error
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if last = tryLogin(addr, user, password); last == nil {
			return nil
		}
		if _, err := os.Stat(filepath.Join(dir, "exited")); err == nil {
			last = errors.New("ended by itself")
			break
		}
	}
	return fmt.Errorf("%w\n%s", last, logs(dir))
}

// tryLogin opens a connection and logs in.
func tryLogin(addr, user, password string) error {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return err
	}
	r := bufio.NewReader(conn)
	if _, err := r.ReadString('\n'); err != nil {
		return fmt.Errorf("read greeting: %w", err)
	}
	if _, err := fmt.Fprintf(conn, "a LOGIN %s %s\r\nb LOGOUT\r\n", user, password); err != nil {
		return err
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("read answer to LOGIN: %w", err)
		}
		if strings.HasPrefix(line, "a ") {
			if strings.HasPrefix(line, "a OK") {
				return nil
			}
			return errors.New(strings.TrimSpace(line))
		}
	}
}

// logs returns the ends of the log files of a server.
func logs(dir string) string {
	var b strings.Builder
	names, _ := filepath.Glob(filepath.Join(dir, "*.log"))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil || len(text) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s:\n%s", filepath.Base(name), text[max(0, len(text)-4000):])
	}
	return b.String()
}

// freePorts returns n ports of 127.0.0.1 on which nothing listens. They lie
// below the range from which the kernel takes ports for outgoing connections,
// so that no client of another test takes one before the server does.
func freePorts(n int) ([]int, error) {
	var ports []int
	for tries := 0; len(ports) < n; tries++ {
		if tries == 1000 {
			return nil, errors.New("find free ports: none in 1000 tries")
		}
		port := 10000 + rand.IntN(22000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer l.Close() // at the end, so that no port is found twice
		ports = append(ports, port)
	}
	return ports, nil
}

// base is where the servers' directories are made: in memory where there is
// plenty of it, since Cyrus syncs after each message and Courier makes a file of
// each, and since a disk that has just lost many files is slow for minutes.
func base() string {
	const shm, plenty = "/dev/shm", 4 << 30
	var fs syscall.Statfs_t
	if syscall.Statfs(shm, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < plenty {
		return os.TempDir()
	}
	return shm
}

// launch makes a directory for a server, lets configure write its files there,
// starts it and waits until it takes a login of the user probe. Another process
// may take the ports in between: then it tries again with others.
func launch(name string, configure func(dir string, ports []int) (s *Server, command []string, err error)) (*Server, error) {
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("%s: tests with real servers need root", name)
	}
	var last error
	for range 3 {
		s, err := launchOnce(name, configure)
		if err == nil {
			return s, nil
		}
		last = err
	}
	return nil, fmt.Errorf("%s: %w", name, last)
}

func launchOnce(name string, configure func(dir string, ports []int) (*Server, []string, error)) (*Server, error) {
	dir, err := os.MkdirTemp(base(), "imaptest-"+name+"-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // the server's own users work below it
		return nil, err
	}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	s, command, err := configure(dir, ports)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s.Name, s.dir = name, dir
	s.Addr, s.TLSAddr = fmt.Sprintf("127.0.0.1:%d", ports[0]), fmt.Sprintf("127.0.0.1:%d", ports[1])
	if err := supervise(dir, cmp.Or(s.stop, "TERM"), command...); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	password, err := s.addUser("probe")
	if err != nil {
		return nil, fmt.Errorf("add user: %w", err)
	}
	if err := await(dir, s.Addr, "probe", password); err != nil {
		return nil, err
	}
	return s, nil
}
