package app

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mailhaul/mailhaul/cmd/internal/config"
	"github.com/mailhaul/mailhaul/migrate/filter"
)

// settings are what flags, environment and config file say to a command.
type settings struct {
	file                         *config.File
	flags, environment, defaults config.Values
}

// settingsKey is where the flag library carries the settings.
const settingsKey = "settings"

// settingsOf returns the settings of the command that runs.
func settingsOf(c *cli.Context) *settings { return c.App.Metadata[settingsKey].(*settings) }

// flags makes the flags of a command out of the table of settings.
func flags(command string) []cli.Flag {
	var out []cli.Flag
	for _, s := range config.Flags(command) {
		var aliases []string
		if s.Short != "" {
			aliases = []string{s.Short}
		}
		switch s.Kind {
		case config.Bool:
			out = append(out, &cli.BoolFlag{Name: s.Name, Aliases: aliases, Usage: s.Usage, Hidden: s.Hidden})
		case config.List:
			out = append(out, &cli.StringSliceFlag{Name: s.Name, Aliases: aliases, Usage: s.Usage, Hidden: s.Hidden})
		default:
			out = append(out, &cli.StringFlag{Name: s.Name, Aliases: aliases, Usage: s.Usage, Hidden: s.Hidden})
		}
	}
	return out
}

// settle reads environment and config file and puts what they say of the command's
// flags before those of the command line, as if they had been given there. All
// mistakes of both are told at once.
func settle(env Env, l *line) (*settings, error) {
	command := l.command.Name
	s := &settings{file: &config.File{}, flags: givenFlags(command, l.args)}
	var p config.Problems
	s.environment = config.Environment(command, env.Getenv, &p)
	if !usesConfig(command) {
		return s, p.Err()
	}
	name, named := s.place(env)
	// A file that an account is to be added to is made if it is not there.
	file, err := config.ReadFile(name, named && command != "config add", env.Getenv("HOME"))
	if err == nil {
		s.file, s.defaults = file, file.Defaults(command)
	}
	if err := p.Join(err); err != nil {
		return nil, err
	}
	l.args = slices.Insert(l.args, 1, s.arguments(command)...)
	return s, nil
}

// usesConfig tells whether the config file must be sound for a command: those that
// mend it, and those without flags, run in any case.
func usesConfig(command string) bool {
	return len(config.Flags(command)) > 0 && !slices.Contains([]string{"config init", "config path", "config check"}, command)
}

// place is where the config file lies, and whether the user said so.
func (s *settings) place(env Env) (name string, named bool) {
	return config.PlaceOf(s.flags["config"].Text(), env.Getenv)
}

// givenFlags are the flags of an arranged command line.
func givenFlags(command string, args []string) config.Values {
	given := config.Values{}
	known := config.Flags(command)
	for i := 1; i < len(args) && args[i] != "--"; i++ {
		name, text, hasValue := cutFlag(args[i])
		at := slices.IndexFunc(known, func(s config.Setting) bool { return s.Name == name || s.Short != "" && s.Short == name })
		if at < 0 {
			continue
		}
		switch {
		case hasValue:
		case known[at].Kind == config.Bool:
			text = "true"
		default:
			i++
			text = args[i]
		}
		v := given[known[at].Name]
		v.Origin.Flag = true
		if known[at].Kind != config.List {
			v.Texts = nil
		}
		v.Texts = append(v.Texts, text)
		given[known[at].Name] = v
	}
	return given
}

// arguments are the flags that the command line does not give and environment or
// config file do. A flag that contradicts one set nearer to the command line is
// left out.
func (s *settings) arguments(command string) []string {
	var args []string
	set := map[string]bool{}
	for name := range s.flags {
		set[name] = true
	}
	for _, level := range []config.Values{s.environment, s.defaults} {
		var names []string
		for _, known := range config.Flags(command) {
			v, found := level[known.Name]
			if !found || set[known.Name] || known.Over != "" && set[known.Over] {
				continue
			}
			names = append(names, known.Name)
			for _, text := range v.Texts {
				args = append(args, "--"+known.Name+"="+text)
			}
		}
		for _, name := range names {
			set[name] = true
		}
	}
	return args
}

// of returns what holds of a setting for an account, nil for one that is named by
// a URL: what stands nearer to the command line comes first.
func (s *settings) of(a *config.Account, name string) config.Value {
	var own config.Values
	if a != nil {
		own = a.Values
	}
	return config.Resolve(name, s.flags, s.environment, own, s.defaults)
}

// account returns the account of the config file that an argument names, nil if it
// names none: @NAME, or NAME.
func (s *settings) account(text string) *config.Account {
	return s.file.Account(strings.TrimPrefix(text, "@"))
}

// isAccount tells whether an argument is an account: a URL, or a name of the config
// file. What begins with an @ is meant to be one.
func (s *settings) isAccount(text string) bool {
	return config.IsURL(text) || strings.HasPrefix(text, "@") || s.account(text) != nil
}

// endpoint is what an argument names: an account of the config file, or a URL.
func (s *settings) endpoint(a *config.Account, role, text string, p *config.Problems) config.Endpoint {
	name, explicit := strings.CutPrefix(text, "@")
	names := s.file.AccountNames()
	switch {
	case a != nil:
		return a.Endpoint(role)
	case explicit:
		p.Addf("%s: there is no account %q in the config file%s", role, name, config.DidYouMean(name, names))
	case !config.IsURL(text) && len(names) > 0:
		// The text is not repeated: a password may stand in it.
		p.Addf("%s is neither a URL nor an account of %s%s", role, s.file.Name, config.DidYouMean(text, names))
	default:
		return config.ParseEndpoint(role, text, p)
	}
	return config.Endpoint{Role: role}
}

// filter chooses folders of an account, nil for one that is named by a URL.
func (s *settings) filter(a *config.Account) filter.Filter {
	return filter.Filter{Include: s.of(a, "folder").Texts, Exclude: s.of(a, "exclude").Texts}
}
