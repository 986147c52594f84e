package imaptest

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed courier.sh
var courierScript string

// authdaemonConf configures the daemon that Courier asks for passwords.
const authdaemonConf = `authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=5
authdaemonvar=/run/courier/authdaemon
DEBUG_LOGIN=0
DEFAULTOPTIONS=""
LOGGEROPTS=""
`

// courierUsers is how many accounts Courier has: its table of users is written
// before it starts.
const courierUsers = 2000

// Courier returns the process's Courier. Its folders lie below "INBOX.", their
// delimiter is ".". Since its paths below /etc and /run are compiled in, it
// runs in mount and process namespaces of its own.
//
// What to know of Courier 5: an APPEND takes the longer the more its folder
// holds, so fill several folders of some hundred messages. Two connections that
// append to one folder at once may wait two minutes for each other's lock. The
// UIDs of messages that some other program put into the Maildir are lasting only
// after a SELECT: neither EXAMINE nor STATUS writes them down. To a wrong
// password it answers after 5 seconds.
func Courier(tb testing.TB) *Server {
	tb.Helper()
	return shared(tb, "courier", func() (*Server, error) { return launch("courier", configureCourier) })
}

func configureCourier(dir string, ports []int) (*Server, []string, error) {
	if err := writeCertificates(dir); err != nil {
		return nil, nil, err
	}
	for _, d := range []struct{ path, owner string }{
		{filepath.Join(dir, "mail"), "mail"},
		{filepath.Join(dir, "etc"), "root"},
		{filepath.Join(dir, "run"), "courier"},
		{filepath.Join(dir, "run", "authdaemon"), "courier"},
		// What they are mounted over; /run is empty after the system's start.
		{"/etc/courier", ""}, {"/run/courier", ""},
	} {
		if err := os.MkdirAll(d.path, 0o755); err != nil {
			return nil, nil, err
		}
		if d.owner != "" {
			if err := chownTo(d.path, d.owner, d.owner); err != nil {
				return nil, nil, err
			}
		}
	}
	password := secret()
	s := &Server{
		CAFile: filepath.Join(dir, "ca.pem"),
		// unshare does not pass TERM on, but when it is killed the kernel ends
		// all that runs in its namespaces.
		stop:    "KILL",
		home:    func(user string) string { return filepath.Join(dir, "mail", user) },
		addUser: func(user string) (string, error) { return courierUser(dir, password, user) },
	}
	for name, text := range map[string]string{
		"courier.sh":       courierScript,
		"etc/userdb":       courierTable(dir, password),
		"etc/authdaemonrc": authdaemonConf,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, nil, err
		}
	}
	return s, []string{
		"unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
		"/bin/sh", filepath.Join(dir, "courier.sh"), dir, fmt.Sprint(ports[0]), fmt.Sprint(ports[1]),
	}, nil
}

// courierTable returns the table of all users, "probe" among them.
func courierTable(dir, password string) string {
	var b strings.Builder
	for i := range courierUsers {
		user := fmt.Sprintf("user%d", i)
		if i == 0 {
			user = "probe"
		}
		home := filepath.Join(dir, "mail", user)
		sum := sha256.Sum256([]byte(password + "-" + user))
		hash := "{SHA256}" + base64.StdEncoding.EncodeToString(sum[:])
		fmt.Fprintf(&b, "%s\tuid=8|gid=8|home=%s|mail=%s/Maildir|imappw=%s|systempw=%s\n", user, home, home, hash, hash)
	}
	return b.String()
}

// courierUser makes the Maildir of a user of the table.
func courierUser(dir, password, user string) (string, error) {
	home := filepath.Join(dir, "mail", user)
	for _, d := range []string{home, home + "/Maildir", home + "/Maildir/cur", home + "/Maildir/new", home + "/Maildir/tmp"} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return "", err
		}
		if err := chownTo(d, "mail", "mail"); err != nil {
			return "", err
		}
	}
	return password + "-" + user, nil
}
