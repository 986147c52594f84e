package config

import "strings"

// Environment returns what variables say of a command's flags: MAILHAUL_ and the
// flag's name. A List has a text on each line. An empty variable says nothing.
func Environment(command string, getenv func(string) string, p *Problems) Values {
	out := Values{}
	for _, s := range Flags(command) {
		text := getenv(s.Variable())
		if text == "" {
			continue
		}
		texts := []string{text}
		switch s.Kind {
		case List:
			texts = strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
		case Bool:
			texts = []string{truth(text)}
		}
		s.check("environment variable "+s.Variable(), texts, p)
		out[s.Name] = Value{Texts: texts, Origin: Origin{Variable: s.Variable()}}
	}
	return out
}

// truth spells the ways in which a variable is true or false.
func truth(text string) string {
	switch text {
	case "1", "yes":
		return "true"
	case "0", "no":
		return "false"
	}
	return text
}
