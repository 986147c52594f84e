package app

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
)

// zshCompletion is for a file _mailhaul in a directory of fpath.
func zshCompletion(all []*cli.Command) string {
	var b strings.Builder
	quote := strings.NewReplacer("'", `'\''`, "[", `\[`, "]", `\]`, ":", `\:`)
	b.WriteString("#compdef mailhaul\n" + generated + `_mailhaul_names() {
  local -a names=(${(f)"$(${words[1]} completion $1 2>/dev/null)"})
  compadd -a names
  _files
}
_mailhaul() {
  local command=${words[2]}
  if (( CURRENT == 2 )); then
    local -a commands=(
`)
	for _, c := range all {
		if !strings.Contains(c.Name, " ") {
			fmt.Fprintf(&b, "      '%s:%s'\n", c.Name, quote.Replace(c.Usage))
		}
	}
	words := choices(all)
	for _, first := range firstWords(all) {
		if len(groupOf(all, first)) > 0 {
			fmt.Fprintf(&b, "      '%s:%s'\n", first, strings.Join(words[first], ", "))
		}
	}
	b.WriteString("    )\n    _describe command commands\n    return\n  fi\n  case $command in\n")
	for _, first := range firstWords(all) {
		if len(words[first]) > 0 {
			fmt.Fprintf(&b, "    %s) (( CURRENT == 3 )) && compadd %s && return; command+=\" ${words[3]}\" ;;\n", first, strings.Join(words[first], " "))
		}
	}
	b.WriteString("  esac\n  case $command in\n")
	for _, c := range all {
		if len(shownFlags(c.Name)) == 0 {
			continue
		}
		argument := "file:_files"
		if names := namesFor(c); names != "" {
			argument = "name: _mailhaul_names " + names
		}
		fmt.Fprintf(&b, "    '%s') _arguments '*:%s'", c.Name, argument)
		for _, s := range shownFlags(c.Name) {
			value := ":value:"
			switch s.Kind {
			case config.Bool:
				value = ""
			case config.Choice:
				value = ":value:(" + strings.Join(s.Values, " ") + ")"
			case config.Path:
				value = ":file:_files"
			}
			fmt.Fprintf(&b, " \\\n      '*--%s[%s]%s'", s.Name, quote.Replace(sentence(s)), value)
		}
		b.WriteString(" ;;\n")
	}
	b.WriteString("    *) _files ;;\n  esac\n}\n_mailhaul \"$@\"\n")
	return b.String()
}

// fishCompletion is for a file mailhaul.fish.
func fishCompletion(all []*cli.Command) string {
	var b strings.Builder
	quote := func(text string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'" }
	b.WriteString(generated)
	for _, c := range all {
		first, second, pair := strings.Cut(c.Name, " ")
		when := "__fish_use_subcommand"
		word := first
		if pair {
			when, word = "__fish_seen_subcommand_from "+first, second
		}
		fmt.Fprintf(&b, "complete -c mailhaul -n %s -f -a %s -d %s\n", quote(when), word, quote(c.Usage))
	}
	words := choices(all)
	for _, first := range firstWords(all) {
		switch group := groupOf(all, first); {
		case len(group) > 0:
			fmt.Fprintf(&b, "complete -c mailhaul -n __fish_use_subcommand -f -a %s -d %s\n", first, quote(strings.Join(words[first], ", ")))
		case len(words[first]) > 0:
			fmt.Fprintf(&b, "complete -c mailhaul -n %s -f -a %s\n", quote("__fish_seen_subcommand_from "+first), quote(strings.Join(words[first], " ")))
		}
	}
	for _, c := range all {
		first, second, pair := strings.Cut(c.Name, " ")
		when := "__fish_seen_subcommand_from " + first
		if pair {
			when += "; and __fish_seen_subcommand_from " + second
		}
		if names := namesFor(c); names != "" {
			fmt.Fprintf(&b, "complete -c mailhaul -n %s -a '(mailhaul completion %s 2>/dev/null)'\n", quote(when), names)
		}
		for _, s := range shownFlags(c.Name) {
			fmt.Fprintf(&b, "complete -c mailhaul -n %s -l %s", quote(when), s.Name)
			if s.Short != "" {
				b.WriteString(" -s " + s.Short)
			}
			switch s.Kind {
			case config.Bool:
			case config.Choice:
				b.WriteString(" -x -a " + quote(strings.Join(s.Values, " ")))
			case config.Path:
				b.WriteString(" -r -F")
			default:
				b.WriteString(" -x")
			}
			fmt.Fprintf(&b, " -d %s\n", quote(sentence(s)))
		}
	}
	return b.String()
}
