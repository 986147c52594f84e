package notify

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"os"
	"os/exec"
	"strings"
)

// mail hands a message to sendmail, which finds the recipient in its header.
func (h Hooks) mail(ctx context.Context, r Report) error {
	program := h.Sendmail
	if program == "" {
		var err error
		if program, err = findSendmail(); err != nil {
			return err
		}
	}
	return run(ctx, "notify mail", []string{program, "-t", "-i"}, h.Environ, message(h.Mail, r))
}

// findSendmail finds the system's sendmail, which is often not in the path of
// those who are not root.
func findSendmail() (string, error) {
	if name, err := exec.LookPath("sendmail"); err == nil {
		return name, nil
	}
	for _, name := range []string{"/usr/sbin/sendmail", "/usr/lib/sendmail"} {
		if info, err := os.Stat(name); err == nil && !info.IsDir() {
			return name, nil
		}
	}
	return "", errors.New("notify mail: there is no sendmail on this machine")
}

// message is the mail (RFC 5322), with the line ends that sendmail wants.
func message(to string, r Report) string {
	var b strings.Builder
	header := func(name, value string) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.NewReplacer("\r", " ", "\n", " ").Replace(value))
	}
	header("To", to)
	header("Subject", mime.QEncoding.Encode("utf-8", fmt.Sprintf("mailhaul: job %s failed (exit code %d)", r.Job, r.ExitCode)))
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteByte('\n')
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(r.Text)) // a strings.Builder takes all
	_ = w.Close()
	return b.String()
}
