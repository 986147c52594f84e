package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// variable is an environment variable, and what it is for.
type variable struct{ name, meaning string }

// environment lists the variables that a command looks at.
func environment(command string) []variable {
	flags := config.Flags(command)
	has := func(name string) bool {
		return slices.ContainsFunc(flags, func(s config.Setting) bool { return s.Name == name })
	}
	var list []variable
	if has("timeout") && !strings.HasPrefix(command, "config ") {
		list = append(list,
			variable{"MAILHAUL_SOURCE_PASSWORD", "the password of SOURCE; of A in compare"},
			variable{"MAILHAUL_TARGET_PASSWORD", "the password of TARGET; of B in compare"},
			variable{"MAILHAUL_PASSWORD", "the password of either, where the others are not set"})
	}
	for _, s := range flags {
		if s.Name != "config" && !s.Hidden {
			list = append(list, variable{"MAILHAUL_...", "a flag: " + s.Variable() + " is --" + s.Name + ", and so on"})
			break
		}
	}
	if has("config") {
		list = append(list, variable{"MAILHAUL_CONFIG", "the config file"},
			variable{"XDG_CONFIG_HOME", "its directory is there, else in ~/.config"})
	}
	if slices.Contains([]string{"migrate", "restore", "import"}, command) {
		list = append(list, variable{"XDG_STATE_HOME", "the ledgers are there, else in ~/.local/state"})
	}
	if has("verbose") {
		list = append(list, variable{"TERM=dumb, NO_COLOR", "no bars that are drawn again; no escape sequences"})
	}
	return list
}

// environmentHelp is the section of help on the variables of a command.
func environmentHelp(command string) string {
	list := environment(command)
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nEnvironment:\n")
	for _, v := range list {
		fmt.Fprintf(&b, "  %s  %s\n", ui.PadRight(v.name, 24), v.meaning)
	}
	return b.String()
}
