package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Entry is a key of the config file with its value: a string, an int, a bool, a
// []string, or a table as []Entry.
type Entry struct {
	Key   string
	Value any
}

// AddAccount adds [accounts.NAME] at the end of a config file, which is made if
// it is not there; all else in it stays as it is. The file is for its owner's
// eyes only, and is replaced as a whole. Nothing is written if the file has
// mistakes, knows the name already, or would have mistakes with the entries: that
// is a *UsageError.
func AddAccount(name, account string, entries []Entry, home string) error {
	old, err := ReadPrivate("config file", name, longestFile+1)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case err != nil:
		return err
	}
	f, err := Parse(name, old, home)
	if err != nil {
		return err
	}
	if f.Account(account) != nil {
		return Usagef("%s: there is an account %q already", name, account)
	}
	text, err := accountText(account, entries)
	if err != nil {
		return err
	}
	text = joinTexts(old, text)
	if _, err := Parse(name, text, home); err != nil {
		return err
	}
	if len(text) > longestFile {
		return Usagef("config file: %s would be longer than %d octets", name, longestFile)
	}
	return WritePrivate(name, text)
}

// joinTexts puts a table behind a text, with an empty line between and with its
// line ends.
func joinTexts(old, added []byte) []byte {
	if len(bytes.TrimSpace(old)) == 0 {
		return append(slices.Clip(old), added...)
	}
	end := "\n"
	if bytes.Contains(old, []byte("\r\n")) {
		end = "\r\n"
		added = bytes.ReplaceAll(added, []byte("\n"), []byte(end))
	}
	if !bytes.HasSuffix(old, []byte("\n")) {
		old = append(slices.Clip(old), end...)
	}
	return slices.Concat(old, []byte(end), added)
}

// accountText is the table of an account.
func accountText(account string, entries []Entry) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "[accounts.%s]\n", keyText(account))
	for _, e := range entries {
		value, err := valueText(e.Value)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", e.Key, err)
		}
		fmt.Fprintf(&b, "%s = %s\n", keyText(e.Key), value)
	}
	return b.Bytes(), nil
}

// keyText is a key as TOML writes it.
func keyText(key string) string {
	bare := func(r rune) bool {
		return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
	}
	if key != "" && strings.IndexFunc(key, func(r rune) bool { return !bare(r) }) < 0 {
		return key
	}
	return quoteTOML(key)
}

// valueText is a value as TOML writes it.
func valueText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return quoteTOML(v), nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case []string:
		var quoted []string
		for _, text := range v {
			quoted = append(quoted, quoteTOML(text))
		}
		return "[" + strings.Join(quoted, ", ") + "]", nil
	case []Entry:
		var pairs []string
		for _, e := range v {
			text, err := valueText(e.Value)
			if err != nil {
				return "", err
			}
			pairs = append(pairs, keyText(e.Key)+" = "+text)
		}
		return "{ " + strings.Join(pairs, ", ") + " }", nil
	}
	return "", fmt.Errorf("a %T is no value of TOML", value)
}

// quoteTOML is a basic string (TOML v1.0.0, String).
func quoteTOML(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(text, "\ufffd") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
