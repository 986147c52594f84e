package export

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/archive/maildir"
)

// maxKeywords is how many letters there are.
const maxKeywords = 26

// keywordsName is the file of a Maildir in which Dovecot keeps which letter
// stands for which keyword.
const keywordsName = "dovecot-keywords"

// keywords are those of one Maildir, by letter from a on. They differ in more
// than case: Dovecot takes no others.
type keywords struct {
	mu    sync.Mutex
	names []string
	// written is how many of them the file has. Only settling changes it.
	written int
}

// info returns the info part for flags, and those that it cannot show.
func (k *keywords) info(flags mailhaul.Flags) (info string, lost []string) {
	var letters []byte
	for _, f := range flags.List() {
		if isSystem(f) {
			continue
		}
		letter := k.letter(f)
		switch {
		case letter != 0:
			letters = append(letters, letter)
		case f != "$Forwarded": // it has P
			lost = append(lost, f)
		}
	}
	slices.Sort(letters)
	return maildir.Info(flags) + string(slices.Compact(letters)), lost
}

// letter returns a keyword's letter, 0 for none.
func (k *keywords) letter(name string) byte {
	if !isKeyword(name) {
		return 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	i := slices.IndexFunc(k.names, func(x string) bool { return strings.EqualFold(x, name) })
	if i < 0 {
		if len(k.names) == maxKeywords {
			return 0
		}
		i = len(k.names)
		k.names = append(k.names, name)
	}
	return 'a' + byte(i)
}

// file returns the content of the file and how many keywords it has.
func (k *keywords) file() (text []byte, n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i, name := range k.names {
		text = append(strconv.AppendInt(text, int64(i), 10), " "+name+"\n"...)
	}
	return text, len(k.names)
}

// lostText tells which flags a message lost.
func lostText(lost []string) string {
	if len(lost) == 0 {
		return ""
	}
	return "without " + strings.Join(lost, " ")
}
