package imaptest

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"
)

//go:embed cyrus.tmpl
var cyrusConf string

// Cyrus returns the process's Cyrus, with settings of imapd.conf such as
// "munge8bit: yes" in place of those in cyrus.tmpl. Its users have the folders
// Sent, Drafts, Trash and Junk as special uses from the first login on.
//
// What to know of Cyrus 3.6: by default it puts X in place of each octet above
// 127 in a header (munge8bit), which is off here, and with "reject8bit: yes" it
// refuses such messages. It announces CREATE-SPECIAL-USE, and an APPENDLIMIT of
// 4 GiB. It subscribes to what is there only.
func Cyrus(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	return shared(tb, fmt.Sprintf("cyrus %q", settings), func() (*Server, error) {
		return launch("cyrus", func(dir string, ports []int) (*Server, []string, error) {
			return configureCyrus(dir, ports, settings)
		})
	})
}

// settle puts settings in place of those of the same name in an imapd.conf, which
// may have each one once.
func settle(conf []byte, settings []string) []byte {
	for _, setting := range settings {
		name, _, _ := strings.Cut(setting, ":")
		lines := slices.DeleteFunc(bytes.SplitAfter(conf, []byte("\n")), func(line []byte) bool {
			return bytes.HasPrefix(line, []byte(name+":"))
		})
		conf = append(bytes.Join(lines, nil), setting+"\n"...)
	}
	return conf
}

func configureCyrus(dir string, ports []int, settings []string) (*Server, []string, error) {
	if err := writeCertificates(dir); err != nil {
		return nil, nil, err
	}
	for _, d := range []string{"lib", "lib/socket", "lib/proc", "lib/db", "lib/log", "lib/msg", "lib/lock", "spool", "sasl"} {
		path := filepath.Join(dir, d)
		if err := os.Mkdir(path, 0o755); err != nil {
			return nil, nil, err
		}
		if err := chownTo(path, "cyrus", "mail"); err != nil {
			return nil, nil, err
		}
	}
	t, err := template.New("").Parse(cyrusConf)
	if err != nil {
		return nil, nil, fmt.Errorf("parse template: %w", err)
	}
	values := struct {
		Dir            string
		Plain, OverTLS int
	}{dir, ports[0], ports[1]}
	for _, name := range []string{"imapd.conf", "cyrus.conf"} {
		var b bytes.Buffer
		if err := t.ExecuteTemplate(&b, name, values); err != nil {
			return nil, nil, fmt.Errorf("write configuration: %w", err)
		}
		conf := b.Bytes()
		if name == "imapd.conf" {
			conf = settle(conf, settings)
		}
		if err := os.WriteFile(filepath.Join(dir, name), conf, 0o644); err != nil {
			return nil, nil, err
		}
	}
	s := &Server{CAFile: filepath.Join(dir, "ca.pem"), addUser: func(user string) (string, error) { return saslUser(dir, user) }}
	s.Master = "master"
	if s.MasterPassword, err = saslUser(dir, s.Master); err != nil {
		return nil, nil, err
	}
	return s, []string{
		"/usr/lib/cyrus/bin/master", "-D", "-p", filepath.Join(dir, "master.pid"),
		"-C", filepath.Join(dir, "imapd.conf"), "-M", filepath.Join(dir, "cyrus.conf"), "-l", "128",
	}, nil
}

// saslUser writes a user with a new password into the password file of Cyrus,
// which looks into it at every login.
func saslUser(dir, user string) (password string, err error) {
	password = secret()
	file := filepath.Join(dir, "sasl", "sasldb2")
	cmd := exec.Command("/usr/sbin/saslpasswd2", "-p", "-c", "-u", "localhost", "-f", file, user)
	cmd.Stdin = bytes.NewReader([]byte(password))
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("saslpasswd2: %w: %s", err, out)
	}
	return password, chownTo(file, "cyrus", "mail")
}
