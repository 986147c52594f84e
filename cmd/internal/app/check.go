package app

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

// checkOptions say what is looked at.
type checkOptions struct {
	end    end
	output outputOptions
}

const checkHelp = `
ENDPOINT is an account, an archive, or mail files of other programs. check tells
what it is, what is in it, and what a run will make of it:

  an account   TLS and certificate, ways to log in, the server's extensions and what
               they are good for, folders, quota, names that will change, and how
               long a first backup may take. If the way into it ends early, each
               step until there is shown, and what to do.
  an archive   format, whose mail, runs, folders, whether a run writes it now, room
  mail files   folders, messages, octets, what would be left out

Nothing is changed. To see how fast the server is some messages are fetched, and
not kept.`

func checkCommand(env Env) *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "tell what an account, an archive or mail files are like",
		ArgsUsage: "ENDPOINT", HideHelp: true, Description: checkHelp, Flags: flags("check"),
		Action: func(c *cli.Context) error {
			var p config.Problems
			o := checkOptions{output: parseOutput(c, &p)}
			o.end = parseEnd(c, "ENDPOINT", arguments(c, &p, "ENDPOINT")[0], &p)
			if err := p.Err(); err != nil {
				return badLine{"check", err}
			}
			return runCheck(c.Context, env, o)
		},
	}
}

func runCheck(ctx context.Context, env Env, o checkOptions) error {
	if o.output.quiet && !o.output.json {
		env.Stdout = io.Discard // what is wrong is told on standard error
	}
	return withUI(ctx, env, o.output, "check", func(u *ui.UI) error {
		switch {
		case o.end.url:
			return checkAccount(ctx, env, u, o)
		case o.end.files:
			return checkFiles(ctx, env, u, o)
		}
		return checkArchive(ctx, env, u, o)
	})
}

// fact is one thing that check tells, as a line of JSON and as a row of a
// section.
type fact struct {
	Event   string `json:"event"`
	Section string `json:"section"`
	// Name is what the fact is about, Text what there is to say.
	Name string `json:"name"`
	Text string `json:"text"`
}

// teller tells facts section by section.
type teller struct {
	u       *ui.UI
	section string
	rows    [][2]string
}

// begin ends the section before and begins another one.
func (t *teller) begin(section string) {
	t.end()
	t.section = section
}

// tell tells a fact of the section.
func (t *teller) tell(name, text string) {
	if t.u.JSON() {
		t.u.Object(fact{"fact", t.section, ui.Text(name), ui.Text(text)})
		return
	}
	t.rows = append(t.rows, [2]string{ui.Escape(name), ui.Escape(text)})
}

// end prints the section.
func (t *teller) end() {
	if len(t.rows) == 0 {
		return
	}
	width := 0
	for _, row := range t.rows {
		width = max(width, ui.Width(row[0]))
	}
	text := t.section + "\n"
	for _, row := range t.rows {
		text += "  " + ui.PadRight(row[0], width) + "  " + row[1] + "\n"
	}
	t.u.Print(text + "\n")
	t.rows = nil
}
