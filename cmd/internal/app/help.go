package app

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// helpCommand shows the help of all the commands or of one.
func helpCommand(env Env, others []*cli.Command) *cli.Command {
	c := &cli.Command{
		Name: "help", Usage: "tell what mailhaul, or a command, does and takes",
		HideHelp: true, ArgsUsage: "[COMMAND]",
	}
	all := append(others, c)
	c.Action = func(ctx *cli.Context) error {
		return runHelp(ctx.Context, env, all, ctx.Args().Slice())
	}
	return c
}

func runHelp(_ context.Context, env Env, all []*cli.Command, name []string) error {
	text := programHelp(all)
	if len(name) > 0 {
		var p config.Problems
		command, group, rest := cutCommand(all, name, &p)
		switch {
		case group != "":
			text = groupHelp(all, group)
		case command != nil && len(rest) == 0:
			text = commandHelp(command)
		default:
			for _, extra := range rest {
				if command != nil {
					p.Addf("argument %q is one too many", config.Redact(extra))
				}
			}
			return p.Err()
		}
	}
	_, err := io.WriteString(env.Stdout, text)
	return err
}

// introduction is what somebody sees who types the program's name.
const introduction = `mailhaul keeps and moves IMAP mail: nothing lost, nothing doubled, nothing altered.
Five things that people come for:

Keep a copy of my mail
  mailhaul backup imaps://me@mail.example.org ~/mail

Do it every night (a line of crontab; the password is in a file that only I can read)
  0 3 * * *  mailhaul backup 'imaps://me@mail.example.org?password-file=~/.mail-password' ~/mail --quiet

Move to another provider, and see that all has arrived
  mailhaul migrate imaps://me@old.example.org imaps://me@new.example.org
  mailhaul compare imaps://me@old.example.org imaps://me@new.example.org

Get back what was deleted
  mailhaul restore ~/mail imaps://me@mail.example.org --folder Holiday

Know that the archive is sound
  mailhaul verify ~/mail

Without a server of your own: mailhaul demo. All commands: mailhaul help. One of them:
mailhaul help backup. The rest is in docs/ and in the manual page, mailhaul(1).
`

// programHelp is the help of the whole program.
func programHelp(all []*cli.Command) string {
	var b strings.Builder
	b.WriteString("mailhaul backs up IMAP mail into a local archive, puts it back, and moves mail from\n" +
		"one account to another: nothing lost, nothing doubled, nothing altered. The same\n" +
		"command again does what is left to do, also after an interruption.\n\n" +
		"Usage: mailhaul COMMAND [FLAGS] [ARGUMENTS]\n\nCommands:\n")
	told := map[string]bool{}
	for _, c := range all {
		first, _, isPair := strings.Cut(c.Name, " ")
		switch {
		case !isPair:
			b.WriteString(commandLine(c))
		case !told[first]:
			fmt.Fprintf(&b, "  %s  %s\n", ui.PadRight(first+" ...", 26), strings.Join(secondWords(groupOf(all, first)), ", "))
			told[first] = true
		}
	}
	b.WriteString("\n" + `SOURCE and TARGET are IMAP accounts: imaps://USER@HOST[:PORT] (encrypted), or
imap://USER@HOST[:PORT] (STARTTLS required); 'mailhaul help backup' tells their
options. An ARCHIVE is a directory that backup makes. FILES is maildir:PATH or
mbox:PATH, mail of other programs. A and B are any of these.

'mailhaul' alone shows examples of what people come for; 'mailhaul help COMMAND' tells
all of one command. Try it without a server: mailhaul demo
` + "\nExit codes:\n" + exitTable())
	return b.String()
}

// commandLine is the line of a command in a list of commands.
func commandLine(c *cli.Command) string {
	left := c.Name
	if c.ArgsUsage != "" {
		left += " " + c.ArgsUsage
	}
	return fmt.Sprintf("  %s  %s\n", ui.PadRight(left, 26), c.Usage)
}

// groupHelp is the help of the commands whose first word is the same.
func groupHelp(all []*cli.Command, first string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: mailhaul %s COMMAND [FLAGS] [ARGUMENTS]\n\nCommands:\n", first)
	for _, c := range groupOf(all, first) {
		b.WriteString(commandLine(c))
	}
	fmt.Fprintf(&b, "\n'mailhaul help %s COMMAND' tells more.\n", first)
	return b.String()
}

// commandHelp is the help of one command.
func commandHelp(c *cli.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: mailhaul %s", c.Name)
	if len(c.Flags) > 0 {
		b.WriteString(" [FLAGS]")
	}
	if c.ArgsUsage != "" {
		b.WriteString(" " + c.ArgsUsage)
	}
	fmt.Fprintf(&b, "\n\n%s.\n", strings.ToUpper(c.Usage[:1])+c.Usage[1:])
	if c.Description != "" {
		b.WriteString("\n" + strings.TrimSpace(c.Description) + "\n")
	}
	b.WriteString("\nExamples:\n")
	for _, e := range examples(c.Name) {
		b.WriteString("  " + e + "\n")
	}
	if len(c.Flags) > 0 {
		b.WriteString("\nFlags (before or behind the arguments; -- ends them):\n")
	}
	for _, f := range c.Flags {
		b.WriteString(flagHelp(f))
	}
	b.WriteString(environmentHelp(c.Name))
	b.WriteString("\nExit codes:\n" + exitTable())
	return b.String()
}

// flagHelp is the line of one flag. The word in backquotes within its usage
// names its value.
func flagHelp(f cli.Flag) string {
	if v, ok := f.(cli.VisibleFlag); ok && !v.IsVisible() {
		return ""
	}
	usage, short := "", ""
	if d, ok := f.(cli.DocGenerationFlag); ok {
		usage = d.GetUsage()
	}
	names := f.Names()
	if len(names) > 1 {
		short = names[1]
	}
	left, text := flagWords(names[0], short, usage)
	return fmt.Sprintf("  %s  %s\n", ui.PadRight(left, 22), strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 26)))
}

// flagWords is a flag as it is written, with its value, and what it does.
func flagWords(name, short, usage string) (left, text string) {
	left = "--" + name
	if short != "" {
		left += ", -" + short
	}
	if _, rest, found := strings.Cut(usage, "`"); found {
		value, _, _ := strings.Cut(rest, "`")
		left += " " + value
	}
	return left, strings.ReplaceAll(usage, "`", "")
}
