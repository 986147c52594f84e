package maildir

import (
	"runtime"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// letters are the flags that a Maildir knows, sorted by letter. P, "passed",
// is what mail programs use for a forwarded message.
var letters = [...]struct {
	letter byte
	flag   string
}{
	{'D', `\Draft`},
	{'F', `\Flagged`},
	{'P', `$Forwarded`},
	{'R', `\Answered`},
	{'S', `\Seen`},
	{'T', `\Deleted`},
}

// separator stands between base name and info part: ":", which Windows does
// not allow in a file name.
func separator() string {
	if runtime.GOOS == "windows" {
		return ";"
	}
	return ":"
}

// Info returns the info part, with its separator, for a set of flags. Keywords
// that Maildir has no letter for are left out: the ledger has them.
func Info(flags mailhaul.Flags) string {
	b := append(make([]byte, 0, 16), separator()...)
	b = append(b, "2,"...)
	if flags != "" {
		for _, l := range letters {
			if flags.Has(l.flag) {
				b = append(b, l.letter)
			}
		}
	}
	return string(b)
}

// Split parts a file name into base name and info part; the info part keeps
// its separator and is empty when there is none.
func Split(name string) (base, info string) {
	if i := strings.LastIndexAny(name, ":;"); i >= 0 {
		return name[:i], name[i:]
	}
	return name, ""
}

// Flags returns the flags that an info part shows.
func Flags(info string) mailhaul.Flags {
	var list []string
	for _, l := range letters {
		if strings.IndexByte(lettersOf(info), l.letter) >= 0 {
			list = append(list, l.flag)
		}
	}
	return mailhaul.MakeFlags(list...)
}

// Replace returns the info part for flags, keeping letters of info that stand
// for nothing here: other programs use a to z for keywords of their own.
func Replace(info string, flags mailhaul.Flags) string {
	all := []byte(Info(flags))
	head := len(separator()) + len("2,")
	for _, c := range []byte(lettersOf(info)) {
		ours := slices.ContainsFunc(letters[:], func(l struct {
			letter byte
			flag   string
		}) bool {
			return l.letter == c
		})
		if !ours && slices.Index(all[head:], c) < 0 {
			all = append(all, c)
		}
	}
	slices.Sort(all[head:])
	return string(all)
}

// lettersOf returns the letters of an info part of the only kind in use, "2,".
func lettersOf(info string) string {
	if len(info) < 3 || info[1:3] != "2," {
		return ""
	}
	return info[3:]
}
