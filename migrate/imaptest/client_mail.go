package imaptest

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul/migrate/imaptest/sample"
)

// One APPEND carries at most this many messages and about this many octets.
const (
	batchMessages = 200
	batchOctets   = 8 << 20
)

// Append puts messages into a folder given by its name as people see it.
func (c *Client) Append(folder string, mails ...sample.Mail) error {
	return c.AppendAll(folder, slices.Values(mails))
}

// AppendAll puts messages into a folder: many in one command where the server
// has MULTIAPPEND (RFC 3502) and LITERAL+ (RFC 7888), else one by one.
func (c *Client) AppendAll(folder string, mails iter.Seq[sample.Mail]) error {
	name := quote(c.Wire(folder))
	if !c.Has("MULTIAPPEND") || !c.Has("LITERAL+") {
		for m := range mails {
			if err := c.appendOne(name, m); err != nil {
				return err
			}
		}
		return nil
	}
	tag, count, size := "", 0, 0
	for m := range mails {
		if count == 0 {
			tag = c.begin()
			c.w.WriteString("APPEND " + name)
		}
		c.w.WriteString(appendArguments(m, int64(len(m.Body))) + "+}\r\n")
		c.w.Write(m.Body)
		if count, size = count+1, size+len(m.Body); count < batchMessages && size < batchOctets {
			continue
		}
		if _, err := c.end(tag); err != nil {
			return fmt.Errorf("append to %s: %w", name, err)
		}
		count, size = 0, 0
	}
	if count > 0 {
		if _, err := c.end(tag); err != nil {
			return fmt.Errorf("append to %s: %w", name, err)
		}
	}
	return nil
}

// appendOne sends one message.
func (c *Client) appendOne(name string, m sample.Mail) error {
	return c.appendLiteral(name, m, int64(len(m.Body)), bytes.NewReader(m.Body))
}

// AppendLarge puts one message into a folder without holding it in memory: m
// says all but its octets, which are read from body.
func (c *Client) AppendLarge(folder string, m sample.Mail, size int64, body io.Reader) error {
	return c.appendLiteral(quote(c.Wire(folder)), m, size, body)
}

// appendLiteral sends one message by a literal, to which the server has to
// agree first unless it has LITERAL+.
func (c *Client) appendLiteral(name string, m sample.Mail, size int64, body io.Reader) error {
	tag := c.begin()
	c.w.WriteString("APPEND " + name + appendArguments(m, size))
	if c.Has("LITERAL+") {
		c.w.WriteString("+}\r\n")
	} else {
		c.w.WriteString("}\r\n")
		if err := c.w.Flush(); err != nil {
			return fmt.Errorf("append to %s: %w", name, err)
		}
		if err := c.goAhead(tag); err != nil {
			return fmt.Errorf("append to %s: %w", name, err)
		}
	}
	if _, err := io.CopyN(c.w, body, size); err != nil {
		return fmt.Errorf("append to %s: %w", name, err)
	}
	if _, err := c.end(tag); err != nil {
		return fmt.Errorf("append to %s: %w", name, err)
	}
	return nil
}

// goAhead waits for the "+" that lets a literal be sent.
func (c *Client) goAhead(tag string) error {
	for {
		line, err := c.readLine()
		if err != nil {
			return err
		}
		if strings.HasPrefix(line, "+") {
			return nil
		}
		if answer, ok := strings.CutPrefix(line, tag+" "); ok {
			return fmt.Errorf("%w: %s", ErrRefused, answer)
		}
	}
}

// appendArguments returns what stands between the folder and the literal, up to
// the literal's size.
func appendArguments(m sample.Mail, size int64) string {
	date := ""
	if m.InternalDate != "" {
		date = " " + quote(m.InternalDate)
	}
	return fmt.Sprintf(" (%s)%s {%d", strings.Join(m.Flags, " "), date, size)
}

// Select opens a folder for writing.
func (c *Client) Select(folder string) error { return c.do("SELECT", folder) }

// Store changes flags of messages: op is "FLAGS", "+FLAGS" or "-FLAGS", uids a
// sequence-set of UIDs.
func (c *Client) Store(folder, uids, op string, flags ...string) error {
	if err := c.Select(folder); err != nil {
		return err
	}
	_, err := c.Command(fmt.Sprintf("UID STORE %s %s.SILENT (%s)", uids, op, strings.Join(flags, " ")))
	return err
}

// Delete removes messages for good: \Deleted and EXPUNGE, which takes all other
// messages with that flag along where the server has no UIDPLUS (RFC 4315).
func (c *Client) Delete(folder, uids string) error {
	if err := c.Store(folder, uids, "+FLAGS", `\Deleted`); err != nil {
		return err
	}
	command := "EXPUNGE"
	if c.Has("UIDPLUS") {
		command = "UID EXPUNGE " + uids
	}
	_, err := c.Command(command)
	return err
}

// Expunge removes all messages of a folder that are marked \Deleted.
func (c *Client) Expunge(folder string) error {
	if err := c.Select(folder); err != nil {
		return err
	}
	_, err := c.Command("EXPUNGE")
	return err
}

// Empty removes all messages of a folder, which stays.
func (c *Client) Empty(folder string) error {
	uids, err := c.UIDs(folder)
	if err != nil || len(uids) == 0 {
		return err
	}
	return c.Delete(folder, "1:*")
}

// Move takes messages to another folder by COPY and deletion.
func (c *Client) Move(from, uids, to string) error {
	if err := c.Select(from); err != nil {
		return err
	}
	if _, err := c.Command("UID COPY " + uids + " " + quote(c.Wire(to))); err != nil {
		return err
	}
	return c.Delete(from, uids)
}

// UIDs returns the UIDs of a folder's messages.
func (c *Client) UIDs(folder string) ([]uint32, error) {
	if err := c.Select(folder); err != nil {
		return nil, err
	}
	lines, err := c.Command("UID SEARCH ALL")
	if err != nil {
		return nil, err
	}
	var uids []uint32
	for _, line := range lines {
		rest, ok := strings.CutPrefix(line, "* SEARCH")
		if !ok {
			continue
		}
		for _, word := range strings.Fields(rest) {
			var uid uint32
			if _, err := fmt.Sscan(word, &uid); err != nil {
				return nil, fmt.Errorf("read SEARCH answer %q: %w", line, err)
			}
			uids = append(uids, uid)
		}
	}
	return uids, nil
}
