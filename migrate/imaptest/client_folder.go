package imaptest

import (
	"errors"
	"strings"
)

// Wire returns a folder's name as it stands on the wire: with the namespace's
// prefix and delimiter, in modified UTF-7. Where the delimiter is ".", a "." of
// the name itself becomes "_", since such a server has no way to say it.
func (c *Client) Wire(folder string) string {
	if strings.EqualFold(folder, "INBOX") {
		return "INBOX"
	}
	if c.Delimiter != "/" {
		folder = strings.ReplaceAll(folder, c.Delimiter, "_")
	}
	return c.Prefix + strings.ReplaceAll(EncodeName(folder), "/", c.Delimiter)
}

// do sends a command with one folder as its argument.
func (c *Client) do(command, folder string) error {
	_, err := c.Command(command + " " + quote(c.Wire(folder)))
	return err
}

// Create makes a folder given by its name as people see it.
func (c *Client) Create(folder string) error { return c.do("CREATE", folder) }

// CreateRaw makes a folder given by its name on the wire.
func (c *Client) CreateRaw(raw string) error {
	_, err := c.Command("CREATE " + quote(raw))
	return err
}

// CreateUse makes a folder for a special use (RFC 6154, 3), such as \Sent.
func (c *Client) CreateUse(folder, use string) error {
	_, err := c.Command("CREATE " + quote(c.Wire(folder)) + " (USE (" + use + "))")
	return err
}

// Subscribe subscribes to a folder.
func (c *Client) Subscribe(folder string) error { return c.do("SUBSCRIBE", folder) }

// Unsubscribe takes a subscription back.
func (c *Client) Unsubscribe(folder string) error { return c.do("UNSUBSCRIBE", folder) }

// DeleteFolder deletes a folder with the messages in it.
func (c *Client) DeleteFolder(folder string) error {
	if err := c.leave(); err != nil {
		return err
	}
	return c.do("DELETE", folder)
}

// leave opens INBOX in place of another folder: Courier neither renames nor
// deletes the one that is open.
func (c *Client) leave() error {
	_, err := c.Command("EXAMINE INBOX")
	return err
}

// Rename gives a folder another name.
func (c *Client) Rename(from, to string) error {
	if err := c.leave(); err != nil {
		return err
	}
	_, err := c.Command("RENAME " + quote(c.Wire(from)) + " " + quote(c.Wire(to)))
	return err
}

// CreateFolders makes the folders that are not there yet, subscribes to all, and
// returns those that are there now. A name that the server refuses is left out
// and its words are told in refused.
func (c *Client) CreateFolders(folders []string) (made []string, refused map[string]error, err error) {
	refused = map[string]error{}
	for _, folder := range folders {
		err := c.Create(folder)
		if errors.Is(err, ErrRefused) {
			if _, missing := c.Command("STATUS " + quote(c.Wire(folder)) + " (MESSAGES)"); missing != nil {
				refused[folder] = err
				continue
			}
		} else if err != nil {
			return made, refused, err
		}
		if err := c.Subscribe(folder); err != nil {
			return made, refused, err
		}
		made = append(made, folder)
	}
	return made, refused, nil
}
