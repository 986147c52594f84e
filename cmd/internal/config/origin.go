package config

import "fmt"

// Origin says where a value came from. The zero value is the program's default.
type Origin struct {
	File     string
	Line     int
	Variable string
	Flag     bool
}

// String names the origin: default, FILE:LINE, environment or flag.
func (o Origin) String() string {
	switch {
	case o.Flag:
		return "flag"
	case o.Variable != "":
		return "environment " + o.Variable
	case o.File != "":
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	}
	return "default"
}

// Value is what a setting is set to: one text, of a List or a Command perhaps
// several.
type Value struct {
	Texts []string
	// Words is set for a Command that was given as a list of its words.
	Words  bool
	Origin Origin
}

// Text is the first text, "" where there is none.
func (v Value) Text() string {
	if len(v.Texts) == 0 {
		return ""
	}
	return v.Texts[0]
}

// On tells whether a Bool is true.
func (v Value) On() bool { return v.Text() == "true" }

// Values are settings by name.
type Values map[string]Value

// Resolve returns the value of a setting in the first of the levels that has
// one. The zero Value, whose origin is the default, stands for none.
func Resolve(name string, levels ...Values) Value {
	for _, l := range levels {
		if v, found := l[name]; found {
			return v
		}
	}
	return Value{}
}
