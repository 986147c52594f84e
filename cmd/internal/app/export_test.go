package app

import (
	"strings"
	"time"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
	"github.com/mailhaul/mailhaul/migrate"
)

// CommandInfo is what tests have to know of a command.
type CommandInfo struct {
	Name, Args string
	Examples   []string
	HasText    bool
	Flags      []config.Setting
}

// CommandInfos are all the commands.
func CommandInfos() []CommandInfo {
	var out []CommandInfo
	for _, c := range commands(Env{}) {
		out = append(out, CommandInfo{c.Name, c.ArgsUsage, examples(c.Name), c.Description != "" || len(c.Flags) == 0, shownFlags(c.Name)})
	}
	return out
}

// ParseLine reads a command line as Run does, and does nothing. What it returns
// are the command and the arguments behind its flags.
func ParseLine(args []string) (command string, rest []string, err error) {
	l, err := arrange(commands(Env{}), args)
	if err != nil || l.command == nil {
		return "", nil, err
	}
	for i, a := range l.args {
		if a == "--" {
			return l.command.Name, l.args[i+1:], nil
		}
	}
	return l.command.Name, strings.Fields(l.group), nil
}

// TellEvents shows events as a run does.
func TellEvents(u *ui.UI, now func() time.Time) func(migrate.Event) {
	return newEvents(u, "fetch", now).tell
}
