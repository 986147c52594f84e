package config

import (
	"fmt"
	"strconv"

	"github.com/pelletier/go-toml/v2/unstable"
)

// texts turns a value of the file into texts. The message says what is wrong
// with its type, "" if nothing is.
func (s Setting) texts(v *value) (texts []string, wrong string) {
	if v == nil {
		return nil, "is a table here; it takes " + s.takes()
	}
	if v.kind == unstable.Array {
		if s.Kind != List && s.Kind != Command {
			return nil, "is a list here; it takes " + s.takes()
		}
		for _, item := range v.items {
			if item.kind != unstable.String {
				return nil, fmt.Sprintf("line %d: a list holds texts in quotes", item.line)
			}
			texts = append(texts, item.text)
		}
		if s.Kind == Command && (len(texts) == 0 || texts[0] == "") {
			return nil, "is empty"
		}
		return texts, ""
	}
	if !s.allows(v.kind) {
		example := ""
		switch {
		case s.allows(unstable.String):
			example = fmt.Sprintf("; write %s = %q", s.Name, v.text)
		case s.Kind == Bool && (v.text == "true" || v.text == "false"), s.Kind == Count && isNumber(v.text):
			example = fmt.Sprintf("; write %s = %s", s.Name, v.text)
		}
		return nil, "takes " + s.takes() + example
	}
	if v.text == "" {
		return nil, "is empty"
	}
	if v.kind == unstable.Integer {
		n, err := strconv.ParseInt(v.text, 0, 64)
		if err != nil {
			return nil, "is too large a number"
		}
		return []string{strconv.FormatInt(n, 10)}, ""
	}
	return []string{v.text}, ""
}

func isNumber(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}

// allows tells whether a scalar of that kind can be the value.
func (s Setting) allows(kind unstable.Kind) bool {
	switch s.Kind {
	case Bool:
		return kind == unstable.Bool
	case Count:
		return kind == unstable.Integer
	case Timeout, Rate, Size:
		return kind == unstable.Integer || kind == unstable.String
	case Date:
		return kind == unstable.LocalDate || kind == unstable.String
	case Table:
		return false
	}
	return kind == unstable.String
}

// takes says in words what the value is.
func (s Setting) takes() string {
	switch s.Kind {
	case Bool:
		return "true or false, without quotes"
	case Count:
		return "a number, without quotes"
	case List:
		return `a list of texts, ["...", "..."]`
	case Command:
		return `a text in quotes, or a list of words, ["...", "..."]`
	case Table:
		return "a table, {...}"
	}
	return "a text in quotes"
}

// check holds texts against what the setting can be. Label begins each message.
func (s Setting) check(label string, texts []string, p *Problems) {
	for _, text := range texts {
		switch s.Kind {
		case Bool:
			if text != "true" && text != "false" {
				p.Addf("%s: %q is neither true nor false", label, text)
			}
		case Count:
			ParseCount(label, text, s.Max, p)
		case Timeout:
			ParseTimeout(label, text, p)
		case Rate:
			ParseRate(label, text, p)
		case Size:
			ParseSize(label, text, p)
		case Date:
			ParseDate(label, text, p)
		case Period:
			ParsePeriod(label, text, p)
		case Age:
			ParseAge(label, text, p)
		case Budget:
			ParseBudget(label, text, p)
		case Choice:
			ParseChoice(label, text, s.Values, p)
		case URL:
			checkURL(label, text, p)
		}
	}
}
