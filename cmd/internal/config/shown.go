package config

import "strings"

// Shown is a setting as it is shown: secrets are hidden.
type Shown struct {
	// Table is the table of the config file that it is in: accounts.work.
	Table, Key, Text string
	Origin           Origin
}

// hidden stands for a secret.
const hidden = "***"

// ShowAccount lists what holds for an account. Levels are what stands nearer to the
// command line than the file, the nearest first.
func (f *File) ShowAccount(a *Account, levels ...Values) []Shown {
	table := "accounts." + a.Name
	levels = append(levels, a.Values, f.defaults[""])
	var out []Shown
	for _, s := range append(loginSettings(), settingsIn(InAccount)...) {
		out = appendShown(out, table, s, Resolve(s.Name, levels...))
	}
	for _, s := range oauthSettings() {
		if v, set := a.oauth[s.Name]; set {
			out = appendShown(out, table+".oauth", s, v)
		}
	}
	return out
}

// ShowJob lists what holds for a job. How its accounts are reached is theirs, unless
// the job says so itself.
func (f *File) ShowJob(j *Job, environment Values) []Shown {
	table := "jobs." + j.Name
	var out []Shown
	for _, s := range append(settingsIn(InJob), keySettings(j.Kind)...) {
		levels := []Values{environment, j.Values}
		if s.In&InAccount == 0 {
			levels = append(levels, f.Defaults(j.Kind))
		} else {
			s.Default = ""
		}
		out = appendShown(out, table, s, Resolve(s.Name, levels...))
	}
	return out
}

// ShowDefaults lists [defaults] and [defaults.COMMAND].
func (f *File) ShowDefaults() []Shown {
	var out []Shown
	for _, s := range flagSettings() {
		if v, set := f.defaults[""][s.Name]; set {
			out = appendShown(out, "defaults", s, v)
		}
	}
	for _, command := range commandNames() {
		for _, s := range keySettings(command) {
			if v, set := f.defaults[command][s.Name]; set {
				out = appendShown(out, "defaults."+command, s, v)
			}
		}
	}
	return out
}

// appendShown adds a setting once, if it has a value or a default.
func appendShown(list []Shown, table string, s Setting, v Value) []Shown {
	for _, other := range list {
		if other.Table == table && other.Key == s.Name {
			return list
		}
	}
	if v.Origin == (Origin{}) {
		if s.Default == "" {
			return list
		}
		v.Texts = []string{s.Default}
	}
	return append(list, Shown{table, s.Name, s.shown(v), v.Origin})
}

// shown is a value as it stands in the file. Of a command only the program is
// shown: an argument may be a secret.
func (s Setting) shown(v Value) string {
	texts := v.Texts
	switch {
	case s.Secret:
		return hidden
	case s.Kind == Command:
		if words := strings.Fields(v.Text()); !v.Words && len(words) > 0 {
			texts = words
		}
		if len(texts) > 1 {
			texts = []string{texts[0], hidden}
		}
		return quoteTOML(strings.Join(texts, " "))
	case s.Kind == List:
		text, _ := valueText(texts) // a list of texts can be written
		return text
	case s.Kind == Bool || s.Kind == Count:
		return v.Text()
	}
	return quoteTOML(v.Text())
}
