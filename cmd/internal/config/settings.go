package config

import (
	"slices"
	"strings"
)

// Kind is the type of a setting's value.
type Kind uint8

const (
	// Text is any text.
	Text Kind = iota
	// Bool is true or false.
	Bool
	// List is one text or several.
	List
	// Path names a file or a directory.
	Path
	// Command is a command line, as one text or as a list of its words.
	Command
	// Count is a whole number from 1 to Max.
	Count
	// Timeout is a duration; see ParseTimeout.
	Timeout
	// Rate is octets a second; see ParseRate.
	Rate
	// Size is octets; see ParseSize.
	Size
	// Date is a day; see ParseDate.
	Date
	// Period is a number of days; see ParsePeriod.
	Period
	// Age is a duration up to years; see ParseAge.
	Age
	// Budget is octets a day; see ParseBudget.
	Budget
	// URL is an address of the web: https://...
	URL
	// Choice is one of Values.
	Choice
	// Table is a table of settings of its own.
	Table
)

// Place is a kind of table in the config file, or several.
type Place uint8

const (
	// InAccount is [accounts.NAME].
	InAccount Place = 1 << iota
	// InJob is [jobs.NAME].
	InJob
	// InOAuth is the oauth table of an account.
	InOAuth
)

// Setting is something that a user can set. Its name is that of its flag and of
// its key in the config file, and makes that of its environment variable.
type Setting struct {
	Name  string
	Short string // the flag's letter, "" for none
	Kind  Kind
	// Values are the words of a Choice, Max the greatest Count.
	Values []string
	Max    int
	// Usage says what it does; the word in backquotes names the value.
	Usage string
	// Default is what holds when nobody sets it, in words; "" for nothing.
	Default string
	// Commands have a flag of that name, a variable, and a key in [defaults].
	Commands []string
	// In are the tables whose key it is besides [defaults]. Every flag of backup
	// and of migrate is also a key of the jobs of that kind.
	In Place
	// Over is a flag that this one contradicts: the one that is set nearer to the
	// command line holds.
	Over   string
	Secret bool // its value is not shown
	Hidden bool // help does not list it
	NoKey  bool // the flag has a variable, but no key in [defaults]
}

// Variable is the environment variable of a flag: MAILHAUL_LIMIT_RATE.
func (s Setting) Variable() string {
	return "MAILHAUL_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// Flags returns the settings that a command has as flags, in the order of help.
func Flags(command string) []Setting {
	var out []Setting
	for _, s := range Settings() {
		if s.isOf(command) {
			out = append(out, s)
		}
	}
	return out
}

func (s Setting) isOf(command string) bool { return slices.Contains(s.Commands, command) }
