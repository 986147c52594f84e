package imapaccount

import "strings"

// Namespace is a prefix of folder names and its delimiter (RFC 2342).
type Namespace struct{ Prefix, Delimiter string }

// Namespaces are those of the account; nil where the server does not tell.
type Namespaces struct{ Personal, Other, Shared []Namespace }

// Namespaces returns what the server said of its namespaces at the last
// Folders.
func (a *Account) Namespaces() Namespaces { return a.namespaces }

// prefixOf returns the prefix, decoded, of the personal namespace that a raw
// name lies in.
func (n Namespaces) prefixOf(raw string, utf8Names bool) string {
	prefix := ""
	for _, p := range n.Personal {
		if len(p.Prefix) > len(prefix) && strings.HasPrefix(raw, p.Prefix) {
			prefix = p.Prefix
		}
	}
	return decodeName(prefix, utf8Names)
}

// readNamespaces reads a NAMESPACE answer (RFC 2342, 5).
func (l *lister) readNamespaces(r *response) error {
	for _, class := range []*[]Namespace{&l.namespaces.Personal, &l.namespaces.Other, &l.namespaces.Shared} {
		r.blanks()
		if !r.eat('(') {
			if err := r.skip(); err != nil { // NIL
				return err
			}
			continue
		}
		for r.blanks(); !r.eat(')'); r.blanks() {
			if err := r.expect('('); err != nil {
				return err
			}
			prefix, _, err := r.text()
			if err != nil {
				return err
			}
			r.blanks()
			delimiter, null, err := r.text()
			if err != nil {
				return err
			}
			if null {
				delimiter = ""
			}
			*class = append(*class, Namespace{prefix, delimiter})
			for r.blanks(); !r.eat(')'); r.blanks() { // extensions
				if err := r.skip(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
