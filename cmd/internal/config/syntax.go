package config

import (
	"bytes"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// syntaxText says what is wrong with a line. The parser names octets; what
// people forget most are the quotes.
func syntaxText(line, message string) string {
	key, content, found := strings.Cut(line, "=")
	key, content = strings.TrimSpace(key), strings.TrimSpace(content)
	if found && content != "" && !strings.ContainsAny(content, `"'[]{}#`) && alone(key+` = "x"`) {
		if !strings.Contains(content, `\`) {
			return `text stands in quotes: ` + key + ` = "` + content + `"`
		}
		return `text stands in quotes: ` + key + ` = '` + content + `'`
	}
	if strings.HasPrefix(line, "[") && !strings.Contains(line, "]") {
		return "a ] is missing behind the name of the table"
	}
	return "this is no TOML: " + message
}

// lineOf returns a line of a text, the first is 1.
func lineOf(text []byte, line int) string {
	start, end := lineBounds(text, line)
	return strings.TrimSpace(string(text[start:end]))
}

// lineBounds are the offsets of a line and its end.
func lineBounds(text []byte, line int) (start, end int) {
	for ; line > 1; line-- {
		i := bytes.IndexByte(text[start:], '\n')
		if i < 0 {
			return len(text), len(text)
		}
		start += i + 1
	}
	if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
		return start, start + i
	}
	return start, len(text)
}

// leaveOut makes a line blank that is wrong by itself. A header takes its table
// with it. A line that is wrong only because of what stands before it, such as a
// bracket that was never closed, is not local: there is nothing to go on with.
func leaveOut(text []byte, line int) (wholeTable, local bool) {
	start, end := lineBounds(text, line)
	content := strings.TrimSpace(string(text[start:end]))
	if content == "" || alone(content) {
		return false, false
	}
	if wholeTable = strings.HasPrefix(content, "["); wholeTable {
		if next := bytes.Index(text[end:], []byte("\n[")); next >= 0 {
			end += next
		} else {
			end = len(text)
		}
	}
	for i := start; i < end; i++ {
		if text[i] != '\n' {
			text[i] = ' '
		}
	}
	return wholeTable, true
}

// alone tells whether a line is TOML by itself.
func alone(line string) bool {
	var parser unstable.Parser
	parser.Reset([]byte(line))
	for parser.NextExpression() {
	}
	return parser.Error() == nil
}
