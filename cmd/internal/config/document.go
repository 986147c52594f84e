package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// document is a TOML text (TOML v1.0.0) as a tree that knows the line of each
// key. What the keys mean is no concern of it.
type document struct {
	root     *node
	mistakes []mistake
	// cut is set where a mistake took a table or more of the text with it.
	cut bool
}

// node is a table, or a key with its value.
type node struct {
	name     string
	line     int
	header   bool   // a table with a header of its own
	value    *value // nil of a table
	children []*node
	// damaged: a line of the table is no TOML and was left out.
	damaged bool
}

// value is a scalar or an array.
type value struct {
	kind  unstable.Kind
	text  string // a number or a date as it is written
	line  int
	items []value
}

// mistake is what is wrong on a line.
type mistake struct {
	line int
	text string
}

// mostMistakes in the syntax are told at once.
const mostMistakes = 20

// parseDocument reads a text. A line that is no TOML is a mistake and is left
// out; the rest is read all the same.
func parseDocument(text []byte) *document {
	text = slices.Clone(bytes.TrimPrefix(text, []byte("\ufeff")))
	var broken []mistake
	cut := false
	for {
		d, wrong := readDocument(text)
		if wrong != nil {
			broken = append(broken, *wrong)
			whole, local := leaveOut(text, wrong.line)
			cut = cut || whole || !local
			if local && len(broken) < mostMistakes {
				continue
			}
		}
		for _, b := range broken {
			d.tableOf(b.line).damaged = true
		}
		d.cut = cut
		d.mistakes = append(broken, d.mistakes...)
		return d
	}
}

// readDocument reads a text up to the first mistake of its syntax.
func readDocument(text []byte) (*document, *mistake) {
	d := &document{root: &node{header: true}}
	at := d.root
	var parser unstable.Parser
	parser.Reset(text)
	for parser.NextExpression() {
		expression := parser.Expression()
		path, line := keyOf(&parser, expression)
		switch expression.Kind {
		case unstable.Table:
			at = d.enter(path, line)
		case unstable.ArrayTable:
			d.addf(line, "[[%s]] is written in single brackets", strings.Join(path, "."))
			at = &node{header: true}
		default:
			d.set(&parser, at, expression)
		}
	}
	if err, ok := errors.AsType[*unstable.ParserError](parser.Error()); ok {
		line := parser.Shape(parser.Range(err.Highlight)).Start.Line
		return d, &mistake{line, syntaxText(lineOf(text, line), err.Message)}
	}
	return d, nil
}

func (d *document) addf(line int, format string, args ...any) {
	d.mistakes = append(d.mistakes, mistake{line, fmt.Sprintf(format, args...)})
}

// enter returns the table that a header names.
func (d *document) enter(path []string, line int) *node {
	at := d.root
	for _, name := range path {
		at = d.descend(at, name, line)
	}
	if at.header {
		d.addf(line, "[%s] is there twice, first on line %d", strings.Join(path, "."), at.line)
	}
	at.header, at.line = true, line
	return at
}

// descend returns the table of that name within another one.
func (d *document) descend(at *node, name string, line int) *node {
	child := at.child(name)
	if child != nil && child.value != nil {
		d.addf(line, "%s has a value on line %d and is no table", name, child.line)
		return &node{}
	}
	if child == nil {
		child = &node{name: name, line: line}
		at.children = append(at.children, child)
	}
	return child
}

// set puts a key with its value, or an inline table, into a table.
func (d *document) set(parser *unstable.Parser, at *node, pair *unstable.Node) {
	path, line := keyOf(parser, pair)
	last := len(path) - 1
	for _, name := range path[:last] {
		at = d.descend(at, name, line)
	}
	if earlier := at.child(path[last]); earlier != nil {
		d.addf(line, "%s is there twice, first on line %d", path[last], earlier.line)
		return
	}
	content := pair.Value()
	if content.Kind != unstable.InlineTable {
		v := valueOf(parser, content, line)
		at.children = append(at.children, &node{name: path[last], line: line, value: &v})
		return
	}
	inner := d.descend(at, path[last], line)
	for it := content.Children(); it.Next(); {
		if it.Node().Kind == unstable.KeyValue {
			d.set(parser, inner, it.Node())
		}
	}
}

func (n *node) child(name string) *node {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// tableOf returns the table to which a line belongs: that with the last header
// before it.
func (d *document) tableOf(line int) *node {
	found := d.root
	var look func(*node)
	look = func(n *node) {
		if n.header && n.line <= line && n.line >= found.line {
			found = n
		}
		for _, c := range n.children {
			look(c)
		}
	}
	look(d.root)
	return found
}

// keyOf returns the parts of a key or a header, and the line of it.
func keyOf(parser *unstable.Parser, n *unstable.Node) (path []string, line int) {
	for it := n.Key(); it.Next(); {
		if line == 0 {
			line = parser.Shape(it.Node().Raw).Start.Line
		}
		path = append(path, string(it.Node().Data))
	}
	return path, line
}

func valueOf(parser *unstable.Parser, n *unstable.Node, line int) value {
	v := value{kind: n.Kind, text: string(n.Data), line: line}
	if n.Raw.Length > 0 {
		v.line = parser.Shape(n.Raw).Start.Line
	}
	if n.Kind == unstable.Array {
		for it := n.Children(); it.Next(); {
			v.items = append(v.items, valueOf(parser, it.Node(), line))
		}
	}
	return v
}
