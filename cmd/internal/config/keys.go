package config

import (
	"path/filepath"
	"slices"
	"strings"
)

// values reads the keys of a table that takes the given settings. Where names
// the table in messages.
func (r *reader) values(keys []*node, settings []Setting, where string) Values {
	out := Values{}
	for _, n := range keys {
		candidates := slices.DeleteFunc(slices.Clone(settings), func(s Setting) bool { return s.Name != n.name })
		switch {
		case len(candidates) == 0:
			r.unknownKey(n, settings, where)
		case candidates[0].Kind == Table:
			if n.value != nil {
				r.addf(n.line, "%s takes %s", n.name, candidates[0].takes())
			} // else whoever reads the account reads this table
		default:
			if v, ok := r.valueOf(n, candidates); ok {
				out[n.name] = v
			}
		}
	}
	return out
}

// valueOf reads the value of a key. Commands have flags of one name that mean
// different things: a value that one of them takes is good.
func (r *reader) valueOf(n *node, candidates []Setting) (Value, bool) {
	var first string
	for _, s := range candidates {
		texts, wrong := s.texts(n.value)
		var p Problems
		if wrong == "" {
			s.check(n.name, texts, &p)
			wrong = strings.Join(p.list, "; ")
		} else {
			wrong = n.name + " " + wrong
		}
		if wrong == "" {
			if s.Kind == Path {
				texts[0] = r.path(texts[0])
			}
			return Value{texts, n.value.items != nil && s.Kind == Command, Origin{File: r.file.Name, Line: n.line}}, true
		}
		if first == "" {
			first = wrong
		}
	}
	line := n.line
	if n.value != nil {
		line = n.value.line
	}
	r.addf(line, "%s", first)
	return Value{}, false
}

// path is a path of the file made whole: what is relative begins at the file's
// directory, since nobody knows where a run from cron begins.
func (r *reader) path(text string) string {
	text = ExpandHome(text, r.home)
	if filepath.IsAbs(text) {
		return text
	}
	return filepath.Join(filepath.Dir(r.file.Name), text)
}

// unknownKey tells of a key that the table does not take: where it belongs, or
// what was probably meant.
func (r *reader) unknownKey(n *node, settings []Setting, where string) {
	switch {
	case n.name == "password":
		r.addf(n.line, "no password stands in %s; say where it is: password-file, password-command, password-env, keyring or systemd-credential", where)
	case len(findSettings(n.name)) > 0:
		r.addf(n.line, "%s does not belong in %s, but in %s", n.name, where, placesOf(n.name))
	default:
		var names []string
		for _, s := range settings {
			names = append(names, s.Name)
		}
		r.addf(n.line, "unknown key %s in %s%s", n.name, where, DidYouMean(n.name, names))
	}
}

// findSettings returns all settings of a name.
func findSettings(name string) []Setting {
	return slices.DeleteFunc(Settings(), func(s Setting) bool { return s.Name != name })
}

// settingsIn returns the settings that are keys in a place.
func settingsIn(place Place) []Setting {
	return slices.DeleteFunc(Settings(), func(s Setting) bool { return s.In&place == 0 })
}

// flagSettings returns the settings that are flags of some command.
func flagSettings() []Setting {
	return slices.DeleteFunc(Settings(), func(s Setting) bool { return len(s.Commands) == 0 || s.NoKey })
}

// keySettings returns the settings that are flags of a command and keys.
func keySettings(command string) []Setting {
	return slices.DeleteFunc(Flags(command), func(s Setting) bool { return s.NoKey })
}

// commandNames are the commands that have defaults.
func commandNames() []string {
	var names []string
	for _, s := range flagSettings() {
		names = append(names, s.Commands...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// placesOf names the tables that take a key.
func placesOf(name string) string {
	var places []string
	add := func(place string, is bool) {
		if is && !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	for _, s := range findSettings(name) {
		add("[accounts.NAME]", s.In&InAccount != 0)
		add("the oauth table of an account", s.In&InOAuth != 0)
		add("[jobs.NAME]", s.In&InJob != 0 || s.isOf("backup") || s.isOf("migrate"))
		add("[defaults]", len(s.Commands) > 0 && !s.NoKey)
	}
	return strings.Join(places, " or ")
}
