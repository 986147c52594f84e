package imapaccount

import (
	"context"
	"errors"

	"github.com/mailhaul/mailhaul"
)

// Remove implements mailhaul.Holder. It needs UIDPLUS: a plain EXPUNGE would
// also remove what others marked.
func (t *Target) Remove(ctx context.Context, f *mailhaul.Folder, uids mailhaul.UIDSet) error {
	return t.withRetry(ctx, func(s *session) error {
		err := removeIn(s, f.At, uids)
		if isRefusal(err) || errors.Is(err, errNoUIDPlus) {
			err = folderError("remove messages from", f.At, err)
		}
		return err
	})
}

func removeIn(s *session, at *mailhaul.Folder, uids mailhaul.UIDSet) error {
	if !s.caps.Has("UIDPLUS") {
		return errNoUIDPlus
	}
	w := &flagWriter{s: s}
	if err := w.open(at); err != nil {
		return err
	}
	var tags []string
	for !uids.Empty() {
		part := uids.Cut(maxChunk, maxRanges).String()
		tags = append(tags, s.send("UID STORE "+part+` +FLAGS.SILENT (\Deleted)`), s.send("UID EXPUNGE "+part))
	}
	if err := s.conn.Flush(); err != nil {
		return err
	}
	for _, tag := range tags {
		if err := s.wait(tag, maxTold, maxLine, ignore); err != nil {
			return err
		}
	}
	return nil
}

var errNoUIDPlus = errors.New("the server cannot remove single messages (it lacks UIDPLUS)")
