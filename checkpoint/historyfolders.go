package checkpoint

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"
)

// AsOf is the ledger as it stood at the end of a run: the folders with the names
// that they had, the messages with their flags and, where a change of UIDVALIDITY
// gave them new ones, the UIDs that they had. GoneRun is that of then: 0 for what
// was there, although it is gone now. Places and offsets are those of now, since
// that is where the mail is found.
type AsOf struct {
	l   *Ledger
	run RunID
}

// AsOf returns the ledger as it stood at the end of a run. It reads when its
// methods are called, so it never sees what a run that is under way changes.
func (l *Ledger) AsOf(run RunID) *AsOf { return &AsOf{l: l, run: run} }

const (
	selectFolderPasts = `SELECT folder, name, raw, delimiter, uidvalidity, gone_run, namespace, special_use,
		subscribed, noselect FROM folder_past WHERE run > ? ORDER BY folder, run`
	// A message was there unless a later run revived it from before.
	selectSumsAsOf = `SELECT folder, count(*), sum(there), sum(iif(there, size, 0)) FROM (
		SELECT folder, size, gone_run = 0 OR gone_run > ?1 AS there FROM message WHERE first_run <= ?1
		) GROUP BY folder`
	selectRevivedSince = `SELECT m.folder, count(*), sum(m.size) FROM (
		SELECT DISTINCT folder, uidvalidity, uid FROM message_past WHERE run > ?1 AND gone_run BETWEEN 1 AND ?1
		) p CROSS JOIN message m ON m.folder = p.folder AND m.uidvalidity = p.uidvalidity AND m.uid = p.uid
		WHERE m.first_run <= ?1 AND (m.gone_run = 0 OR m.gone_run > ?1) GROUP BY m.folder`
)

// Folders returns the folders that had been seen by then, those gone included,
// by name, with the sums of their messages. Counters, failures and the folder
// that holds their messages in an account are not known of the past.
func (a *AsOf) Folders(ctx context.Context) ([]Folder, error) {
	const op = "read folders of the past"
	tx, err := a.l.readers.BeginTx(ctx, nil) // all of it is of one moment
	if err != nil {
		return nil, wrap(op, err)
	}
	defer tx.Rollback()
	s := prepared(tx)
	folders, err := a.folders(&s)
	if err == nil {
		err = a.sum(&s, folders)
	}
	if closeErr := s.close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, wrap(op, err)
	}
	return folders, nil
}

// folders reads the folders without their sums.
func (a *AsOf) folders(s *statements) ([]Folder, error) {
	pasts, err := a.folderPasts(s)
	if err != nil {
		return nil, err
	}
	rows, err := s.query(selectFolders)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var folders []Folder
	for rows.Next() {
		f, err := scanFolder(rows.Scan)
		if err != nil {
			return nil, err
		}
		if f.FirstRun > a.run {
			continue
		}
		if p, changed := pasts[f.ID]; changed {
			p.apply(&f)
		}
		if f.GoneRun > a.run {
			f.GoneRun = 0
		}
		f.UIDNext, f.HighestModSeq, f.Messages, f.HasCounters = 0, 0, 0, false
		f.Live, f.Gone, f.LiveOctets, f.Failures, f.At = 0, 0, 0, 0, nil
		folders = append(folders, f)
	}
	slices.SortFunc(folders, func(f, g Folder) int {
		return cmp.Or(strings.Compare(f.Name, g.Name), cmp.Compare(f.ID, g.ID))
	})
	return folders, rows.Err()
}

// folderPast is what a folder was until a run changed it.
type folderPast struct {
	name, raw, delimiter, namespace string
	uidValidity                     uint32
	goneRun                         RunID
	specialUse                      sql.NullString
	subscribed, noSelect            sql.NullBool
}

func (p folderPast) apply(f *Folder) {
	f.Name, f.Raw, f.Delimiter, f.Namespace = p.name, p.raw, p.delimiter, p.namespace
	f.UIDValidity, f.GoneRun = p.uidValidity, p.goneRun
	if p.specialUse.Valid {
		f.SpecialUse = p.specialUse.String
	}
	if p.subscribed.Valid {
		f.Subscribed = p.subscribed.Bool
	}
	if p.noSelect.Valid {
		f.NoSelect = p.noSelect.Bool
	}
}

// folderPasts reads what the folders were that were changed since, by their ID:
// of several pasts the first one is what counts.
func (a *AsOf) folderPasts(s *statements) (map[int64]folderPast, error) {
	rows, err := s.query(selectFolderPasts, int64(a.run))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	pasts := map[int64]folderPast{}
	for rows.Next() {
		var id int64
		var p folderPast
		err := rows.Scan(&id, &p.name, &p.raw, &p.delimiter, &p.uidValidity, &p.goneRun, &p.namespace,
			&p.specialUse, &p.subscribed, &p.noSelect)
		if err != nil {
			return nil, scanError(err)
		}
		if _, earlier := pasts[id]; !earlier {
			pasts[id] = p
		}
	}
	return pasts, rows.Err()
}

// sum fills in the sums of the folders' messages.
func (a *AsOf) sum(s *statements, folders []Folder) error {
	byID := make(map[int64]*Folder, len(folders))
	for i := range folders {
		byID[folders[i].ID] = &folders[i]
	}
	var id, messages, live, octets int64
	err := eachRow(s, selectSumsAsOf, a.run, []any{&id, &messages, &live, &octets}, func() {
		if f := byID[id]; f != nil {
			f.Live, f.Gone, f.LiveOctets = live, messages-live, octets
		}
	})
	if err != nil {
		return err
	}
	return eachRow(s, selectRevivedSince, a.run, []any{&id, &messages, &octets}, func() {
		if f := byID[id]; f != nil {
			f.Live, f.Gone, f.LiveOctets = f.Live-messages, f.Gone+messages, f.LiveOctets-octets
		}
	})
}

// eachRow calls do for each row of a query about a run, once it is in into.
func eachRow(s *statements, query string, run RunID, into []any, do func()) error {
	rows, err := s.query(query, int64(run))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return scanError(err)
		}
		do()
	}
	return rows.Err()
}
