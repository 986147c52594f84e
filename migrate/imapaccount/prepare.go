package imapaccount

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/migrate/imapaccount/quirk"
)

// Prepare implements mailhaul.Holder. A folder without an At gets one of its
// own name. All that is new is made, and subscribed, in one flight of commands.
func (t *Target) Prepare(ctx context.Context, folders []*mailhaul.Folder) error {
	var missing []*mailhaul.Folder
	var untouched []mailhaul.ListRequest
	for _, f := range folders {
		if f.At == nil {
			f.At = &mailhaul.Folder{Name: f.Name}
		}
		if f.At.UIDValidity == 0 || f.Subscribed && !f.At.Subscribed {
			missing = append(missing, f)
		}
		if t.kind.Load().CountsOnceOpened && f.At.UIDValidity != 0 && f.At.UIDNext <= 1 && !t.prepared(f.At) {
			untouched = append(untouched, mailhaul.ListRequest{Folder: f.At})
		}
	}
	if len(missing) > 0 {
		if err := t.make(ctx, missing); err != nil {
			return err
		}
	}
	if len(untouched) > 0 {
		if err := t.open(ctx, untouched); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range folders {
		name, ok := quoteName(f.At.Raw)
		if !ok {
			return refusedName(f, errSyntax)
		}
		if l := t.lanes[f.At.Raw]; l == nil || l.folder.UIDValidity != f.At.UIDValidity {
			t.lanes[f.At.Raw] = &lane{folder: f.At, name: name, first: max(f.At.UIDNext, 1)}
		}
	}
	return nil
}

// prepared tells whether a folder of the account was prepared before.
func (t *Target) prepared(at *mailhaul.Folder) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lanes[at.Raw] != nil
}

// open opens folders that never had a message. Courier 5 gives INBOX another
// UIDVALIDITY at each STATUS until it was opened once: what is announced under
// such a one could not be found again after a crash.
func (t *Target) open(ctx context.Context, requests []mailhaul.ListRequest) error {
	next := 0
	return t.List(ctx, requests, func(l mailhaul.Listing) error {
		at := requests[next].Folder
		next++
		if l.Err == nil {
			at.UIDValidity, at.UIDNext, at.Messages = l.Folder.UIDValidity, l.Folder.UIDNext, l.Folder.Messages
		}
		return nil
	})
}

func refusedName(f *mailhaul.Folder, err error) error {
	return &mailhaul.Error{Scope: mailhaul.ScopeFolder, Op: fmt.Sprintf("make folder %q", f.At.Name), Folder: f.Name, Err: fmt.Errorf("%w: %w", mailhaul.ErrName, err)}
}

// make makes folders that are not there, and looks at them.
func (t *Target) make(ctx context.Context, missing []*mailhaul.Folder) error {
	slices.SortStableFunc(missing, func(a, b *mailhaul.Folder) int { // parents first
		return cmp.Compare(strings.Count(a.At.Name, t.delimiter), strings.Count(b.At.Name, t.delimiter))
	})
	var refusals map[string]error
	create := func(s *session) (err error) {
		refusals, err = t.create(s, missing)
		return err
	}
	var err error
	if t.utf8 && slices.ContainsFunc(missing, func(f *mailhaul.Folder) bool { return !isASCII(f.At.Name) }) {
		// Courier 5 makes a folder with an emoji in its name for those who speak
		// UTF-8, and crashes from then on at each LIST of those who do not: they
		// never see the account again. In modified UTF-7 it refuses such a name.
		err = t.retryOn(ctx, t.connectPlain, (*session).close, create)
	} else {
		err = t.withRetry(ctx, create)
	}
	if err != nil {
		return err
	}
	there, err := t.Folders(ctx)
	if err != nil {
		return err
	}
	for _, f := range missing {
		if err := find(f, there, refusals[f.At.Raw]); err != nil {
			return err
		}
	}
	return nil
}

// create asks for the folders that are not there, and then for all
// subscriptions. It returns why folders were refused, by raw name; that they are
// there may be the reason.
func (t *Target) create(s *session, missing []*mailhaul.Folder) (map[string]error, error) {
	refusals := map[string]error{}
	asked := map[string]bool{}
	var wanted, unsubscribed []*mailhaul.Folder
	for _, f := range missing {
		if f.At.UIDValidity == 0 {
			f.At.Raw = f.At.Name
			if !s.utf8 {
				f.At.Raw = encodeUTF7(f.At.Name)
			}
			if !asked[f.At.Raw] {
				asked[f.At.Raw] = true
				wanted = append(wanted, f)
			}
		}
		if f.Subscribed && !f.At.Subscribed {
			unsubscribed = append(unsubscribed, f)
		}
	}
	for part := range slices.Chunk(wanted, statusWindow) {
		if err := createSome(s, part, refusals); err != nil {
			return nil, err
		}
	}
	return refusals, subscribe(s, unsubscribed)
}

// createSome makes folders in one flight of commands.
func createSome(s *session, folders []*mailhaul.Folder, refusals map[string]error) error {
	var tags []string
	var of []*mailhaul.Folder
	for _, f := range folders {
		name, ok := quoteName(f.At.Raw)
		if !ok {
			refusals[f.At.Raw] = errSyntax
			continue
		}
		if f.At.SpecialUse != "" && s.caps.Has("CREATE-SPECIAL-USE") {
			tags, of = append(tags, s.send("CREATE "+name+" (USE ("+f.At.SpecialUse+"))")), append(of, f)
		}
		// A server may refuse the use, not the folder (RFC 6154, 3); else this one
		// is refused, since the folder is there.
		tags, of = append(tags, s.send("CREATE "+name)), append(of, f)
	}
	if err := s.conn.Flush(); err != nil {
		return err
	}
	for i, tag := range tags {
		err := s.wait(tag, 100, maxLine, ignore)
		if err != nil && !isRefusal(err) {
			return err
		}
		if err != nil {
			refusals[of[i].At.Raw] = err
		}
	}
	return nil
}

func isASCII(name string) bool {
	return strings.IndexFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// subscribe subscribes folders that are there. A server that does not want to is
// left in peace.
func subscribe(s *session, folders []*mailhaul.Folder) error {
	tags := make([]string, 0, statusWindow)
	for part := range slices.Chunk(folders, statusWindow) {
		tags = tags[:0]
		for _, f := range part {
			if name, ok := quoteName(f.At.Raw); ok {
				tags = append(tags, s.send("SUBSCRIBE "+name))
			}
		}
		if err := s.conn.Flush(); err != nil {
			return err
		}
		for _, tag := range tags {
			if err := s.wait(tag, 100, maxLine, ignore); err != nil && !isRefusal(err) {
				return err
			}
		}
		for _, f := range part {
			f.At.Subscribed = true
		}
	}
	return nil
}

func ignore(uint32, string, *response) error { return nil }

// find fills in f.At from what is there now. Where the account does not tell
// names apart by case another spelling takes its place.
func find(f *mailhaul.Folder, there []*mailhaul.Folder, refusal error) error {
	var alike *mailhaul.Folder
	for _, at := range there {
		if at.NoSelect {
			continue
		}
		if at.Raw == f.At.Raw || at.Name == f.At.Name {
			*f.At = *at
			return nil
		}
		if alike == nil && strings.EqualFold(at.Name, f.At.Name) {
			alike = at
		}
	}
	if alike != nil {
		*f.At = *alike
		return nil
	}
	if refusal == nil {
		refusal = errors.New("the server says that it made the folder, and does not list it")
	}
	if status, ok := errors.AsType[*statusError](refusal); ok && quirk.Later(status.code, status.text) {
		return &mailhaul.Error{Scope: mailhaul.ScopeFolder, Temporary: true, Op: fmt.Sprintf("make folder %q", f.At.Name), Folder: f.Name, Err: refusal}
	}
	return refusedName(f, refusal)
}
