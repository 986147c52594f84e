package checkpoint

import (
	"context"
	"fmt"
)

// integrityRules are queries that count what the schema's own rules forbid.
func integrityRules() []struct{ broken, query string } {
	return []struct{ broken, query string }{
		{"folders whose sums are not those of their messages", `SELECT count(*) FROM folder f LEFT JOIN (
			SELECT folder, sum(gone_run = 0) AS live, sum(gone_run <> 0) AS gone,
				sum(iif(gone_run = 0, size, 0)) AS octets, max(start + stored) AS stored_end
			FROM message GROUP BY folder) m ON m.folder = f.id
			WHERE f.live <> coalesce(m.live, 0) OR f.gone <> coalesce(m.gone, 0)
				OR f.live_octets <> coalesce(m.octets, 0) OR f.stored_end <> coalesce(m.stored_end, 0)`},
		{"folders whose number of failures is not that of their failures", `SELECT count(*) FROM folder f
			WHERE f.failures <> (SELECT count(*) FROM failure e WHERE e.folder = f.id)`},
		{"messages without a folder", `SELECT count(*) FROM message
			WHERE folder NOT IN (SELECT id FROM folder)`},
		{"messages without flags", `SELECT count(*) FROM message WHERE flags NOT IN (SELECT id FROM flagset)`},
		{"messages with a UID or a UIDVALIDITY that is none", `SELECT count(*) FROM message
			WHERE uid > 4294967295 OR uidvalidity > 4294967295`},
		{"live messages in folders that are gone", `SELECT count(*) FROM folder WHERE gone_run <> 0 AND live > 0`},
		{"failures without a folder", `SELECT count(*) FROM failure WHERE folder NOT IN (SELECT id FROM folder)`},
		{"intents without a folder", `SELECT count(*) FROM intent WHERE folder NOT IN (SELECT id FROM folder)`},
		{"intents without flags", `SELECT count(*) FROM intent WHERE flags NOT IN (SELECT id FROM flagset)`},
		{"intents with a UID or a UIDVALIDITY that is none", `SELECT count(*) FROM intent WHERE uid > 4294967295
			OR uidvalidity > 4294967295 OR at_uidvalidity NOT BETWEEN 0 AND 4294967295
			OR first NOT BETWEEN 0 AND 4294967295`},
		{"folders of the target with a UIDVALIDITY that is none", `SELECT count(*) FROM folder
			WHERE at_uidvalidity NOT BETWEEN 0 AND 4294967295`},
		{"pasts without a message", `SELECT count(*) FROM message_past p WHERE NOT EXISTS (SELECT 1 FROM message m
			WHERE m.folder = p.folder AND m.uidvalidity = p.uidvalidity AND m.uid = p.uid)`},
		{"retired parts without a folder", `SELECT count(*) FROM retired WHERE folder NOT IN (SELECT id FROM folder)`},
		{"pruned messages without a folder", `SELECT count(*) FROM pruned WHERE folder NOT IN (SELECT id FROM folder)`},
		{"pruned messages without flags", `SELECT count(*) FROM pruned WHERE flags NOT IN (SELECT id FROM flagset)`},
		{"rewritten files without a folder", `SELECT count(*) FROM rewritten
			WHERE folder NOT IN (SELECT id FROM folder)`},
		{"pasts without a folder", `SELECT count(*) FROM folder_past WHERE folder NOT IN (SELECT id FROM folder)`},
	}
}

// IntegrityCheck reads the whole ledger and checks that it is sound: SQLite's
// own integrity_check, then that sums are sums and that nothing refers to what
// is not there. The error wraps mailhaul.ErrDamaged when it is not.
func (l *Ledger) IntegrityCheck(ctx context.Context) error {
	const op = "check ledger"
	// One transaction: a writer beside does not show as a contradiction.
	tx, err := l.readers.BeginTx(ctx, nil)
	if err != nil {
		return wrap(op, err)
	}
	defer tx.Rollback()
	var first string
	if err := tx.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&first); err != nil {
		return wrap(op, scanError(err))
	}
	if first != "ok" {
		return wrap(op, damaged("%s", first))
	}
	for _, rule := range integrityRules() {
		var n int64
		if err := tx.QueryRowContext(ctx, rule.query).Scan(&n); err != nil {
			return wrap(op, fmt.Errorf("count %s: %w", rule.broken, scanError(err)))
		}
		if n != 0 {
			return wrap(op, damaged("%d %s", n, rule.broken))
		}
	}
	return nil
}
