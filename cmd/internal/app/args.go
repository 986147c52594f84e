package app

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// line is a command line made ready for the flag library.
type line struct {
	command       *cli.Command // nil when none is named
	group         string       // the first word of commands of two, when the second is missing
	help, version bool
	// args are the command's name, its flags, "--" and its arguments.
	args []string
}

// arrange finds the command and puts its flags before its arguments: the flag
// library would take a flag behind the first argument for an argument. "--"
// ends the flags. Unknown flags are told all at once, with the one that was
// probably meant.
func arrange(all []*cli.Command, args []string) (line, error) {
	var l line
	var p config.Problems
	l.command, l.group, args = cutCommand(all, args, &p)
	if err := p.Err(); err != nil {
		l.help = l.group != "" && (slices.Contains(args, "--help") || slices.Contains(args, "-h"))
		if l.help {
			err = nil
		}
		return l, err
	}
	known := flagsOf(all)
	name := ""
	if l.command != nil {
		name = l.command.Name
		known = flagsOf([]*cli.Command{l.command})
	}
	var flags, rest []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		flag, value, hasValue := cutFlag(arg)
		takesValue, isKnown := known[flag]
		switch {
		case flag == "":
			rest = append(rest, arg)
		case flag == "help" || flag == "h":
			l.help = true
		case flag == "version" && name == "":
			l.version = true
		case !isKnown:
			p.Addf("unknown flag %s%s%s", arg, forCommand(name), meantFlag(flag, known))
		case !takesValue && hasValue && value != "true" && value != "false":
			p.Addf("flag --%s takes no value", flag)
		case !takesValue || hasValue:
			flags = append(flags, arg)
		case i+1 == len(args) || isFlag(args[i+1], known):
			p.Addf("flag %s needs a value", arg)
		default:
			flags = append(flags, arg, args[i+1])
			i++
		}
	}
	if l.help || l.version {
		return l, nil
	}
	if err := p.Err(); err != nil {
		return l, badLine{command: name, err: err}
	}
	l.args = slices.Concat([]string{name}, flags, []string{"--"}, rest)
	return l, nil
}

// cutCommand takes the command's name out of args: the first argument that is
// neither a flag nor a flag's value, and the second one where that is the first
// word of several commands. Without a second word group is the first one.
func cutCommand(all []*cli.Command, args []string, p *config.Problems) (c *cli.Command, group string, rest []string) {
	known := flagsOf(all)
	first := firstWord(args, known)
	if first < 0 {
		return nil, "", args
	}
	name, rest := args[first], slices.Delete(slices.Clone(args), first, first+1)
	members := groupOf(all, name)
	if len(members) > 0 {
		second := firstWord(rest, known)
		if second < 0 {
			p.Addf("'%s' needs a second word: %s", name, strings.Join(secondWords(members), ", "))
			return nil, name, rest
		}
		name, rest = name+" "+rest[second], slices.Delete(slices.Clone(rest), second, second+1)
		all = members
	}
	var names []string
	for _, c := range all {
		if c.Name == name {
			return c, "", rest
		}
		names = append(names, c.Name)
	}
	meant := "; 'mailhaul help' lists the commands"
	if n := config.Nearest(name, names); n != "" {
		meant = "; did you mean '" + n + "'?"
	}
	p.Addf("unknown command %q%s", config.Redact(name), meant)
	return nil, "", args
}

// firstWord is the index of the first argument that is neither a flag nor a flag's
// value, -1 if there is none.
func firstWord(args []string, known map[string]bool) int {
	for i := 0; i < len(args) && args[i] != "--"; i++ {
		flag, _, hasValue := cutFlag(args[i])
		switch {
		case flag == "":
			return i
		case known[flag] && !hasValue:
			i++
		}
	}
	return -1
}

// groupOf returns the commands of two words whose first word it is.
func groupOf(all []*cli.Command, first string) []*cli.Command {
	return slices.DeleteFunc(slices.Clone(all), func(c *cli.Command) bool { return !strings.HasPrefix(c.Name, first+" ") })
}

// secondWords are the second words of commands of two.
func secondWords(group []*cli.Command) []string {
	var words []string
	for _, c := range group {
		_, word, _ := strings.Cut(c.Name, " ")
		words = append(words, word)
	}
	return words
}

// flagsOf returns the names of the commands' flags, true for those that take a
// value.
func flagsOf(commands []*cli.Command) map[string]bool {
	names := map[string]bool{}
	for _, c := range commands {
		for _, f := range c.Flags {
			_, isBool := f.(*cli.BoolFlag)
			for _, n := range f.Names() {
				names[n] = !isBool
			}
		}
	}
	return names
}

// cutFlag splits --name=value; the name is "" when arg is no flag.
func cutFlag(arg string) (name, value string, hasValue bool) {
	if len(arg) < 2 || arg[0] != '-' || arg == "--" {
		return "", "", false
	}
	return strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
}

func isFlag(arg string, known map[string]bool) bool {
	name, _, _ := cutFlag(arg)
	_, found := known[name]
	return found || arg == "--"
}

func forCommand(name string) string {
	if name == "" {
		return ""
	}
	return " for '" + name + "'"
}

// meantFlag suggests the flag that a user probably meant.
func meantFlag(flag string, known map[string]bool) string {
	var names []string
	for n := range known {
		if len(n) > 1 {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	if n := config.Nearest(flag, names); n != "" {
		return "; did you mean --" + n + "?"
	}
	return ""
}

// badLine is a mistake on the command line of a command.
type badLine struct {
	command string
	err     error
}

func (b badLine) Error() string { return b.err.Error() }
func (b badLine) Unwrap() error { return b.err }

// arguments returns the arguments in the order of names; a missing or an
// additional one is a mistake. Names in brackets are optional.
func arguments(c *cli.Context, p *config.Problems, names ...string) []string {
	got := c.Args().Slice()
	for i, name := range names {
		if i >= len(got) {
			if !strings.HasPrefix(name, "[") {
				p.Addf("%s is missing", name)
			}
			got = append(got, "")
		} else if got[i] == "" {
			p.Addf("%s is empty", strings.Trim(name, "[]"))
		}
	}
	for _, extra := range got[len(names):] {
		p.Addf("argument %q is one too many", config.Redact(extra))
	}
	return got[:len(names)]
}

// checkChoices tells which flags of a command are none of the words that they can be.
func checkChoices(c *cli.Context, command string, p *config.Problems) {
	for _, s := range config.Flags(command) {
		if s.Kind == config.Choice {
			config.ParseChoice("--"+s.Name, c.String(s.Name), s.Values, p)
		}
	}
}
