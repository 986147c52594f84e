package quirk

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Refusals are told apart by code and text whoever says them: a text that means
// "later" on one server means nothing else on another, and what a server is may
// not be known yet when it refuses a login.

// laterCodes are the response codes of a server that may do it later (RFC 5530;
// THROTTLED is Gmail's).
func laterCodes() []string { return []string{"UNAVAILABLE", "INUSE", "LIMIT", "THROTTLED"} }

// laterTexts are what servers say in place of a code, in lower case.
func laterTexts() []string {
	return []string{
		"throttled",                       // Exchange Online: "Request is throttled"
		"authenticated but not connected", // Exchange Online, at random and with a right password, too
		"maximum number of connections",   // Dovecot
		"too many",                        // Courier and others
		"try again later",
		"temporarily unavailable", // iCloud: "Service temporarily unavailable"
		"temporary",
	}
}

// dailyTexts are what providers say when no more octets are let through for
// hours, in lower case.
func dailyTexts() []string {
	return []string{
		"exceeded command or bandwidth limits", // Gmail, with the code OVERQUOTA
		"exceeded bandwidth limits",
	}
}

// Later tells whether a refusal means that the server may do it later.
func Later(code, text string) bool {
	return slices.Contains(laterCodes(), strings.ToUpper(code)) || containsAny(strings.ToLower(text), laterTexts())
}

// Daily tells whether a refusal means that the provider lets nothing more through
// for hours: to try again before that makes it worse.
func Daily(text string) bool { return containsAny(strings.ToLower(text), dailyTexts()) }

// Throttled tells a server that asks us to slow down from one that cannot serve
// this request.
func Throttled(code, text string) bool {
	_, told := Pause(text)
	return told || strings.EqualFold(code, "THROTTLED") || strings.Contains(strings.ToLower(text), "throttled")
}

// backoff is how Exchange Online says how long to wait.
var backoff = regexp.MustCompile(`(?i)suggested backoff time: (\d{1,9}) milliseconds`)

// Pause returns how long a server says to wait, false where it does not.
func Pause(text string) (time.Duration, bool) {
	m := backoff.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	ms, err := strconv.ParseInt(m[1], 10, 64)
	return time.Duration(ms) * time.Millisecond, err == nil
}
