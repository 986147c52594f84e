package imaptest

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
)

// chownTo gives path to a user and a group of the system.
func chownTo(path, owner, group string) error {
	u, err := user.Lookup(owner)
	if err != nil {
		return fmt.Errorf("look up user: %w", err)
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		return fmt.Errorf("look up group: %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(g.Gid)
	if err != nil {
		return err
	}
	return os.Chown(path, uid, gid)
}
