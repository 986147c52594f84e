package checkpoint_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/mailhaul/mailhaul"
	"github.com/mailhaul/mailhaul/checkpoint"
)

// Each rule of the check is broken once.
func TestIntegrityCheck(t *testing.T) {
	tests := []struct{ name, sql string }{
		{"sound", ``},
		{"message lost", `DELETE FROM message WHERE folder = 1 AND uid = 50`},
		{"message too many", `UPDATE folder SET live = live - 1 WHERE id = 1`},
		{"gone ones counted wrong", `UPDATE folder SET gone = gone + 1 WHERE id = 1`},
		{"gone but counted as live", `UPDATE message SET gone_run = 1 WHERE folder = 1 AND uid = 50`},
		{"size changed", `UPDATE message SET size = size + 1 WHERE folder = 1 AND uid = 50`},
		{"end changed", `UPDATE folder SET stored_end = stored_end - 1 WHERE id = 1`},
		{"failure lost", `DELETE FROM failure`},
		{"folder lost", `DELETE FROM folder WHERE id = 2`},
		{"folder of failures lost", `UPDATE failure SET folder = 9`},
		{"flags lost", `DELETE FROM flagset WHERE flags = 'b'`},
		{"message without its folder", `UPDATE message SET folder = 9 WHERE folder = 2`},
		{"past without its message", `UPDATE message_past SET uid = 5000 WHERE uid = 1`},
		{"past without its folder", `UPDATE folder_past SET folder = 9`},
		{"folder of a retired part lost", `INSERT INTO retired VALUES (9, 0, 1, 1)`},
		{"UID that is none", `UPDATE message SET uid = 4294967296 WHERE folder = 1 AND uid = 50`},
		{"UIDVALIDITY that is none", `UPDATE message SET uidvalidity = 4294967296 WHERE folder = 1 AND uid = 50`},
		{"folder of intents lost", `UPDATE intent SET folder = 9`},
		{"flags of an intent lost", `UPDATE intent SET flags = 99`},
		{"intent of a UID that is none", `UPDATE intent SET uid = 4294967296`},
		{"intent for a UIDVALIDITY that is none", `UPDATE intent SET at_uidvalidity = -1`},
		{"target with a UIDVALIDITY that is none", `UPDATE folder SET at_uidvalidity = 4294967296 WHERE id = 1`},
		{"live in a folder that is gone", `UPDATE folder SET gone_run = 1 WHERE id = 1`},
		{"digest cut short", `PRAGMA ignore_check_constraints = 1; UPDATE message SET digest = x'00' WHERE uid = 50`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filled(t, filepath.Join(t.TempDir(), "mailhaul.db"))
			if _, err := (&bench{t: t, path: path}).sql().ExecContext(t.Context(), tt.sql); err != nil {
				t.Fatal(err)
			}
			l, err := checkpoint.OpenReadOnly(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if err := l.IntegrityCheck(t.Context()); errors.Is(err, mailhaul.ErrDamaged) != (tt.sql != "") {
				t.Errorf("check says %v", err)
			}
		})
	}
}
