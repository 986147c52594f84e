package app

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

const completionHelp = `
Writes a script that lets bash, zsh or fish complete commands, flags and values. It
goes into a directory in which the shell looks for such scripts.`

func completionCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "write a script that completes command lines",
		ArgsUsage: "bash|zsh|fish", HideHelp: true, Description: completionHelp,
		Action: func(c *cli.Context) error {
			var p config.Problems
			shell := arguments(c, &p, "SHELL")[0]
			if shell == accountNames || shell == jobNames { // asked by a script
				return tellNames(env, shell)
			}
			config.ParseChoice("SHELL", shell, shells(), &p)
			if err := p.Err(); err != nil {
				return badLine{"completion", err}
			}
			_, err := io.WriteString(env.Stdout, completion(shell, commands(env)))
			return err
		},
	}
}

func shells() []string { return []string{"bash", "zsh", "fish"} }

// completion is the script for a shell.
func completion(shell string, all []*cli.Command) string {
	switch shell {
	case "zsh":
		return zshCompletion(all)
	case "fish":
		return fishCompletion(all)
	}
	return bashCompletion(all)
}

// firstWords are the commands, of groups their first word.
func firstWords(all []*cli.Command) []string {
	var words []string
	for _, c := range all {
		first, _, _ := strings.Cut(c.Name, " ")
		if len(words) == 0 || words[len(words)-1] != first {
			words = append(words, first)
		}
	}
	return words
}

// shownFlags are the flags of a command that help lists.
func shownFlags(command string) []config.Setting {
	var out []config.Setting
	for _, s := range config.Flags(command) {
		if !s.Hidden {
			out = append(out, s)
		}
	}
	return out
}

// choices are the words that a flag or the command's argument can be.
func choices(all []*cli.Command) map[string][]string {
	out := map[string][]string{"completion": shells(), "help": firstWords(all)}
	for _, c := range all {
		if first, word, pair := strings.Cut(c.Name, " "); pair {
			out[first] = append(out[first], word)
		}
	}
	return out
}

// What a script asks this command for while a line is typed.
const (
	accountNames = "accounts"
	jobNames     = "jobs"
)

// namesFor tells which names of the config file a command's arguments can be, "" for
// none.
func namesFor(c *cli.Command) string {
	for _, arg := range strings.Fields(c.ArgsUsage) {
		switch strings.Trim(arg, "[].") {
		case "SOURCE", "TARGET", "ENDPOINT", "ACCOUNT", "A":
			return accountNames
		case "JOB":
			return jobNames
		}
	}
	return ""
}

// tellNames writes the names of the config file, one a line; they are such that no
// shell takes them for anything else. Who types does not want to hear of mistakes.
func tellNames(env Env, which string) error {
	name, named := config.PlaceOf("", env.Getenv)
	file, err := config.ReadFile(name, named, env.Getenv("HOME"))
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	var names strings.Builder
	for _, a := range file.Accounts {
		if which == accountNames {
			names.WriteString(a.Name + "\n")
		}
	}
	for _, j := range file.Jobs {
		if which == jobNames {
			names.WriteString(j.Name + "\n")
		}
	}
	_, err = io.WriteString(env.Stdout, names.String())
	return err
}

// sentence is a flag's usage in one line without the marks of its value.
func sentence(s config.Setting) string {
	return strings.ReplaceAll(strings.ReplaceAll(s.Usage, "`", ""), "\n", " ")
}

const generated = "# Made by 'mailhaul completion'; do not edit.\n"

// bashCompletion completes words that stand behind each other: what bash makes of
// --flag=value is left to it.
func bashCompletion(all []*cli.Command) string {
	var b strings.Builder
	b.WriteString(generated + `_mailhaul() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= second= i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -*) ;;
        *)
            if [[ -z $command ]]; then
                command=${COMP_WORDS[i]}
            else
                second=${COMP_WORDS[i]}
                break
            fi
            ;;
        esac
    done
    if [[ -z $command ]]; then
        COMPREPLY=($(compgen -W '` + strings.Join(firstWords(all), " ") + ` --help --version' -- "$word"))
        return
    fi
    case $command in
`)
	for _, c := range all {
		if first, _, pair := strings.Cut(c.Name, " "); pair && !strings.Contains(b.String(), "    "+first+") [[") {
			fmt.Fprintf(&b, "    %s) [[ -z $second ]] || command+=\" $second\" ;;\n", first)
		}
	}
	b.WriteString("    esac\n    case \"$command $before\" in\n")
	for _, c := range all {
		for _, s := range shownFlags(c.Name) {
			switch {
			case s.Kind == config.Choice:
				fmt.Fprintf(&b, "    '%s --%s') COMPREPLY=($(compgen -W '%s' -- \"$word\")); return ;;\n", c.Name, s.Name, strings.Join(s.Values, " "))
			case s.Kind == config.Path:
				fmt.Fprintf(&b, "    '%s --%s') COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", c.Name, s.Name)
			case s.Kind != config.Bool:
				fmt.Fprintf(&b, "    '%s --%s') return ;;\n", c.Name, s.Name)
			}
		}
	}
	b.WriteString("    esac\n    local flags=--help words= names=\n    case $command in\n")
	words := choices(all)
	for _, c := range all {
		var flags []string
		for _, s := range shownFlags(c.Name) {
			flags = append(flags, "--"+s.Name)
		}
		if len(flags) > 0 {
			fmt.Fprintf(&b, "    '%s') flags+=' %s' ;;\n", c.Name, strings.Join(flags, " "))
		}
	}
	b.WriteString("    esac\n    case $command in\n")
	for _, first := range firstWords(all) {
		if len(words[first]) > 0 {
			fmt.Fprintf(&b, "    %s) words='%s' ;;\n", first, strings.Join(words[first], " "))
		}
	}
	b.WriteString("    esac\n    case $command in\n")
	for _, c := range all {
		if names := namesFor(c); names != "" {
			fmt.Fprintf(&b, "    '%s') names=%s ;;\n", c.Name, names)
		}
	}
	b.WriteString(`    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$flags" -- "$word"))
    elif [[ -n $words ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    elif [[ -n $names ]]; then
        COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" completion "$names" 2>/dev/null)" -- "$word"))
    fi
}
complete -o default -F _mailhaul mailhaul
`)
	return b.String()
}
