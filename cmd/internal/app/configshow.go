package app

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/cmd/internal/ui"
)

const configShowHelp = `
Each value is shown with where it came from: the program's default, a line of the
file, a variable of the environment, or a flag. NAME is an account or a job; without
it all are shown. Secrets are shown as ***.
`

func configShowCommand(env Env) *cli.Command {
	return configCommand("show", "tell what holds, and where it came from", "[NAME]", configShowHelp, func(c *cli.Context, s *settings, args []string) error {
		shown, err := s.shown(env, args[0])
		if err != nil {
			return err
		}
		return withUI(c.Context, env, outputOptions{json: c.Bool("json")}, "config show", func(u *ui.UI) error {
			tellShown(u, s.file.Name, shown)
			return nil
		})
	}, "[NAME]")
}

// shown lists the settings of an account, a job, or all.
func (s *settings) shown(env Env, name string) ([]config.Shown, error) {
	var out []config.Shown
	var names []string
	for _, a := range s.file.Accounts {
		names = append(names, a.Name)
		if name == "" || strings.TrimPrefix(name, "@") == a.Name {
			out = append(out, s.file.ShowAccount(a, s.flags, s.environment)...)
		}
	}
	var p config.Problems
	for _, j := range s.file.Jobs {
		names = append(names, j.Name)
		if name == "" || name == j.Name {
			out = append(out, s.file.ShowJob(j, config.Environment(j.Kind, env.Getenv, &p))...)
		}
	}
	if name == "" {
		out = append(out, s.file.ShowDefaults()...)
	} else if len(out) == 0 {
		return nil, config.Usagef("there is no account and no job %q in the config file%s", config.Redact(name), config.DidYouMean(name, names))
	}
	return out, p.Err()
}

// settingObject is a setting as a line of JSON.
type settingObject struct {
	Table string `json:"table"`
	Key   string `json:"key"`
	Value string `json:"value"`
	From  string `json:"from"`
}

func tellShown(u *ui.UI, file string, shown []config.Shown) {
	if u.JSON() {
		for _, s := range shown {
			u.Object(settingObject{ui.Text(s.Table), s.Key, ui.Text(s.Text), ui.Text(s.Origin.String())})
		}
		return
	}
	var b strings.Builder
	if file == "" {
		b.WriteString("there is no config file; 'mailhaul config init' makes one\n")
	}
	var left, middle int
	for _, s := range shown {
		left, middle = max(left, ui.Width(s.Key)), max(middle, ui.Width(ui.Escape(s.Text)))
	}
	table := ""
	for _, s := range shown {
		if s.Table != table {
			if table != "" {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "[%s]\n", ui.Escape(s.Table))
			table = s.Table
		}
		fmt.Fprintf(&b, "%s  %s  %s\n", ui.PadRight(s.Key, left), ui.PadRight(ui.Escape(s.Text), middle), ui.Escape(s.Origin.String()))
	}
	u.Print(b.String())
}
