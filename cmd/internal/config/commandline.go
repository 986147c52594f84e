package config

import (
	"runtime"
	"strings"
)

// CommandLine splits a command into words as a shell would, without running
// one; label names it in errors, which are [UsageError]s. Only a command that uses what a shell alone can do is given to a shell.
func CommandLine(label, text string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord := false
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && !strings.ContainsRune("\"\\$`", rune(c)):
			word.WriteByte(c)
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, inWord = c, true
		case c == '\\' && runtime.GOOS != "windows" && i+1 < len(text):
			i++
			if quote == '"' && !strings.ContainsRune("\"\\$`", rune(text[i])) {
				word.WriteByte(c)
			}
			word.WriteByte(text[i])
			inWord = true
		case strings.ContainsRune("|&;<>()$`*?[~#\n", rune(c)) && needsShell(c, inWord):
			return shell(text), nil
		case quote == 0 && (c == ' ' || c == '\t'):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, Usagef("%s: a closing %c is missing", label, quote)
	}
	if inWord {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, Usagef("%s: it is empty", label)
	}
	if name, _, assigns := strings.Cut(words[0], "="); assigns && !strings.ContainsAny(name, `/\`) {
		return shell(text), nil // VARIABLE=value command
	}
	return words, nil
}

// needsShell: ~ and # mean something at the beginning of a word only.
func needsShell(c byte, inWord bool) bool { return !inWord || (c != '~' && c != '#') }

func shell(text string) []string {
	if runtime.GOOS == "windows" {
		return []string{"cmd", "/C", text}
	}
	return []string{"/bin/sh", "-c", text}
}
