package imaptest

import (
	"errors"
	"strings"
)

// errArguments is the error of arguments that are not what RFC 9051 (9) says.
var errArguments = errors.New("cannot read the arguments")

// argument is one argument of a command.
type argument struct {
	// text is that of an atom or of a string; list is what a parenthesised list
	// holds, in capitals only where a client wrote it so.
	text string
	list []string
	kind argumentKind
	// octets are those of a literal. Of a literal, binary tells that it is a
	// literal8 (RFC 3516), unasked that it came without waiting ({n+}).
	octets          []byte
	binary, unasked bool
}

type argumentKind uint8

const (
	atom argumentKind = iota
	quotedString
	literalString
	list
)

// arguments takes what follows a command's name apart. A list within a list
// becomes a part of it.
func arguments(command Command) ([]argument, error) {
	var out []argument
	text, literals := command.Args, command.Literals
	for text = strings.TrimLeft(text, " "); text != ""; text = strings.TrimLeft(text, " ") {
		var a argument
		switch text[0] {
		case '(':
			var inner string
			var ok bool
			if inner, text, ok = cutList(text); !ok {
				return nil, errArguments
			}
			a = argument{kind: list, list: strings.Fields(inner)}
		case '"':
			a.kind = quotedString
			a.text, text = unquote(text)
		case '{', '~':
			announced, rest, ok := strings.Cut(text, "}")
			if !ok || len(literals) == 0 {
				return nil, errArguments
			}
			a = argument{
				kind: literalString, text: string(literals[0]), octets: literals[0],
				binary: text[0] == '~', unasked: strings.HasSuffix(announced, "+"),
			}
			text, literals = rest, literals[1:]
		default:
			a.text, text, _ = strings.Cut(text, " ")
		}
		out = append(out, a)
	}
	return out, nil
}

// cutList splits a parenthesised list off the beginning of text and returns
// what it holds without any parentheses.
func cutList(text string) (inner, rest string, ok bool) {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return strings.NewReplacer("(", " ", ")", " ").Replace(text[:i]), text[i+1:], true
			}
		}
	}
	return "", "", false
}

// texts returns the texts of the arguments, "" for a list.
func texts(list []argument) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.text)
	}
	return out
}

// unquote splits a quoted string off the beginning of text.
func unquote(text string) (word, rest string) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
			if i < len(text) {
				b.WriteByte(text[i])
			}
		case '"':
			return b.String(), text[i+1:]
		default:
			b.WriteByte(text[i])
		}
	}
	return b.String(), ""
}
