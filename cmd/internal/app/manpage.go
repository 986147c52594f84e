package app

import (
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// Documents are the files that are made of the commands and their texts, by their
// place in docs/: the manual page and the completions.
func Documents() map[string]string {
	all := commands(Env{})
	return map[string]string{
		"man/mailhaul.1":           manualPage(all),
		"completion/mailhaul.bash": completion("bash", all),
		"completion/_mailhaul":     completion("zsh", all),
		"completion/mailhaul.fish": completion("fish", all),
	}
}

// roff writes text as the formatter wants it.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "~", `\(ti`, "^", `\(ha`, "`", `\(ga`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}

// preformatted shows lines as they are.
func preformatted(text string) string { return ".nf\n" + roff(strings.Trim(text, "\n")) + "\n.fi\n" }

// manualPage is mailhaul(1), in the language of man(7).
func manualPage(all []*cli.Command) string {
	var b strings.Builder
	b.WriteString(".\\\" Made by 'make docs'; do not edit.\n.TH MAILHAUL 1\n.SH NAME\nmailhaul \\- back up, restore and move IMAP mail\n.SH SYNOPSIS\n")
	for _, c := range all {
		b.WriteString(".B mailhaul " + roff(c.Name) + "\n")
		if len(c.Flags) > 0 {
			b.WriteString("[FLAGS]\n")
		}
		if c.ArgsUsage != "" {
			b.WriteString(roff(c.ArgsUsage) + "\n")
		}
		b.WriteString(".br\n")
	}
	b.WriteString(".SH DESCRIPTION\n" + roff("mailhaul backs up IMAP mail into a local archive, puts it back, and moves mail from\n"+
		"one account to another: nothing lost, nothing doubled, nothing altered. The same\n"+
		"command again does what is left to do, also after an interruption. Flags may stand\nbefore or behind the arguments; -- ends them.\n"))
	b.WriteString(".SH EXAMPLES\n" + preformatted(introduction[strings.Index(introduction, "\n\n")+2:strings.LastIndex(introduction, "\n\n")]))
	b.WriteString(".SH COMMANDS\n")
	for _, c := range all {
		b.WriteString(manualOf(c))
	}
	b.WriteString(".SH EXIT STATUS\n")
	for _, e := range exitCodes() {
		b.WriteString(".TP\n.B " + strconv.Itoa(e.code) + "\n" + roff(e.meaning) + "\n")
	}
	b.WriteString(".SH ENVIRONMENT\n")
	for _, v := range environment("migrate") {
		b.WriteString(".TP\n.B " + roff(v.name) + "\n" + roff(v.meaning) + "\n")
	}
	return b.String()
}

// manualOf is the section of one command.
func manualOf(c *cli.Command) string {
	var b strings.Builder
	b.WriteString(".SS mailhaul " + roff(strings.TrimSpace(c.Name+" "+c.ArgsUsage)) + "\n")
	b.WriteString(roff(strings.ToUpper(c.Usage[:1])+c.Usage[1:]) + ".\n")
	if c.Description != "" {
		b.WriteString(".PP\n" + preformatted(c.Description))
	}
	for _, s := range shownFlags(c.Name) {
		left, text := flagWords(s.Name, s.Short, s.Usage)
		b.WriteString(".TP\n.B " + roff(left) + "\n" + roff(strings.ReplaceAll(text, "\n", " ")) + "\n")
	}
	b.WriteString(".PP\nExamples:\n.PP\n" + preformatted(strings.Join(examples(c.Name), "\n")))
	return b.String()
}
