package imapaccount

import "strings"

// maxIDFields and maxIDValue bound what a server may say of itself (RFC 2971,
// 3.3): fields, and octets of a value.
const (
	maxIDFields = 30
	maxIDValue  = 1024
)

// readID reads an ID answer (RFC 2971, 3.2); the names of fields in lower case.
func (l *lister) readID(r *response) error {
	if !r.eat('(') {
		return nil // NIL
	}
	l.id = map[string]string{}
	for r.blanks(); !r.eat(')'); r.blanks() {
		field, _, err := r.text()
		if err != nil {
			return err
		}
		r.blanks()
		value, _, err := r.text()
		if err != nil {
			return err
		}
		if len(l.id) < maxIDFields && len(field)+len(value) <= maxIDValue {
			l.id[strings.ToLower(field)] = value
		}
	}
	return nil
}
