package imaptest

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answerSearch finds the messages that all keys of the command match (RFC 9051,
// 6.4.4). The answer is an ESEARCH (RFC 4731) where RETURN is asked for.
func (f *ScriptFolder) answerSearch(c *ScriptConn, command Command, args []argument) {
	returning := len(args) > 1 && strings.EqualFold(args[0].text, "RETURN")
	if returning {
		args = args[2:]
	}
	keys := &searchKeys{folder: f, args: args}
	var all []searchKey
	for len(keys.args) > 0 {
		key, err := keys.next()
		if err != nil {
			c.Refuse(command, "BAD "+err.Error())
			return
		}
		all = append(all, key)
	}
	var uids []string
	for i, m := range f.Messages {
		if !slices.ContainsFunc(all, func(key searchKey) bool { return !key(i+1, m) }) {
			uids = append(uids, strconv.FormatUint(uint64(m.UID), 10))
		}
	}
	switch {
	case !returning:
		c.Say(strings.TrimRight("* SEARCH "+strings.Join(uids, " "), " "))
	case len(uids) == 0:
		c.Say(fmt.Sprintf(`* ESEARCH (TAG %s) UID`, quote(command.Tag)))
	default:
		c.Say(fmt.Sprintf(`* ESEARCH (TAG %s) UID ALL %s`, quote(command.Tag), strings.Join(uids, ",")))
	}
	c.OK(command, command.Name+" done")
}

// searchKey tells whether it matches the message with the sequence number seq.
type searchKey func(seq int, m ScriptMessage) bool

// searchKeys reads the keys of a SEARCH one by one.
type searchKeys struct {
	folder *ScriptFolder
	args   []argument
}

// word takes the next argument.
func (k *searchKeys) word() (string, error) {
	if len(k.args) == 0 || k.args[0].kind == list {
		return "", errArguments
	}
	word := k.args[0].text
	k.args = k.args[1:]
	return word, nil
}

// next reads one key with what belongs to it.
func (k *searchKeys) next() (searchKey, error) {
	name, err := k.word()
	if err != nil {
		return nil, err
	}
	name = strings.ToUpper(name)
	if flag, ok := strings.CutPrefix(name, "UN"); ok && flag != "" && flag != "KEYWORD" {
		return k.flag(flag, false)
	}
	switch name {
	case "ALL":
		return func(int, ScriptMessage) bool { return true }, nil
	case "NOT":
		key, err := k.next()
		return func(seq int, m ScriptMessage) bool { return !key(seq, m) }, err
	case "UID":
		set, err := k.word()
		return func(_ int, m ScriptMessage) bool { return k.folder.inSet(set, m.UID) }, err
	case "SINCE", "BEFORE", "ON":
		return k.day(name)
	case "LARGER", "SMALLER", "MODSEQ":
		return k.number(name)
	case "KEYWORD", "UNKEYWORD":
		flag, err := k.word()
		return func(_ int, m ScriptMessage) bool {
			return slices.Contains(m.Flags, flag) == (name == "KEYWORD")
		}, err
	case "HEADER":
		return k.header()
	}
	if strings.Trim(name, "0123456789:*,") == "" {
		return func(seq int, _ ScriptMessage) bool { return inSet(name, uint32(seq), uint32(len(k.folder.Messages))) }, nil
	}
	return k.flag(name, true)
}

// flag is about a system flag.
func (k *searchKeys) flag(name string, set bool) (searchKey, error) {
	i := slices.IndexFunc(settable(), func(s string) bool { return strings.EqualFold(s[1:], name) })
	if i < 0 {
		return nil, fmt.Errorf("unknown search key %s", name)
	}
	return func(_ int, m ScriptMessage) bool { return slices.Contains(m.Flags, settable()[i]) == set }, nil
}

// day compares the day of INTERNALDATE, whatever its time and zone.
func (k *searchKeys) day(name string) (searchKey, error) {
	text, err := k.word()
	if err != nil {
		return nil, err
	}
	day, err := time.Parse("2-Jan-2006", text)
	if err != nil {
		return nil, fmt.Errorf("bad date %q", text)
	}
	return func(_ int, m ScriptMessage) bool {
		at, err := time.Parse("_2-Jan-2006", m.date()[:len("_2-Jan-2006")])
		order := at.Compare(day)
		return err == nil && (name == "ON" && order == 0 || name == "SINCE" && order >= 0 || name == "BEFORE" && order < 0)
	}, nil
}

func (k *searchKeys) number(name string) (searchKey, error) {
	text, err := k.word()
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return nil, fmt.Errorf("bad number %q", text)
	}
	return func(_ int, m ScriptMessage) bool {
		size := uint64(len(m.Body))
		return name == "LARGER" && size > n || name == "SMALLER" && size < n || name == "MODSEQ" && m.ModSeq >= n
	}, nil
}

// header looks for a text in the values of a header field, in any case.
func (k *searchKeys) header() (searchKey, error) {
	field, err := k.word()
	if err != nil {
		return nil, err
	}
	text, err := k.word()
	if err != nil {
		return nil, err
	}
	section := "HEADER.FIELDS (" + field + ")"
	return func(_ int, m ScriptMessage) bool {
		found := part(m.Body, section)
		return len(found) > 2 && bytes.Contains(bytes.ToLower(found), bytes.ToLower([]byte(text)))
	}, nil
}
