package quirk

import "strings"

// Server is what is known of a kind of server. The zero value knows nothing.
type Server struct {
	// Name is what people call it: "Gmail".
	Name string
	// hosts are names of hosts or the domains above them; greetings and ids are
	// parts of the greeting and of what the server says of itself, any case.
	hosts, greetings, ids []string

	// SelectToRead: folders are read under SELECT, not EXAMINE.
	SelectToRead bool
	// CountsOnceOpened: counters of folders that were never opened are not to be
	// relied on.
	CountsOnceOpened bool
	// DailyDownload and DailyUpload are the octets that the provider lets through
	// a day, 0 where no limit is known.
	DailyDownload, DailyUpload int64
	// Connections is how many the provider lets an account have at once, 0 where
	// that is not known.
	Connections int
	// Window is the number of messages of a folder that are shown at most, the
	// newest ones; 0 for all.
	Window int64
	// MaxMessage is the size of the largest message that is taken, in octets,
	// where the server does not announce it; 0 where that is not known.
	MaxMessage int64
	// RefusesLevel tells whether the server takes no folder with that name of one
	// level; nil where nothing is known.
	RefusesLevel func(level string) bool
	// placeholder knows messages that are none; see Placeholder.
	placeholder func(header, text []byte) bool
	// ListHint says what a person can do when the server cannot list all folders.
	ListHint string
	// Notes tell people what to expect, a sentence each.
	Notes []string
}

// Find returns the kind of server that is at a host, or greets and calls itself
// like one. The host decides first: it was proved by TLS.
func Find(host, greeting string, id map[string]string) Server {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	all := servers()
	for _, s := range all {
		for _, h := range s.hosts {
			if host == h || strings.HasSuffix(host, "."+h) {
				return s
			}
		}
	}
	self := strings.ToLower(id["name"] + "\n" + id["vendor"])
	for _, s := range all {
		if containsAny(strings.ToLower(greeting), s.greetings) || containsAny(self, s.ids) {
			return s
		}
	}
	return Server{}
}

// Refusing returns the names of the kinds of server that take no folder with
// that name of one level.
func Refusing(level string) []string {
	var names []string
	for _, s := range servers() {
		if s.RefusesLevel != nil && s.RefusesLevel(level) {
			names = append(names, s.Name)
		}
	}
	return names
}

// containsAny tells whether one of the parts, in lower case, is in text.
func containsAny(text string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(text, strings.ToLower(p)) {
			return true
		}
	}
	return false
}
