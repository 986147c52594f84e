package config

import (
	"fmt"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// Problems gathers the mistakes of one command line, so that a user mends them
// all in one go. The zero value is ready.
type Problems struct{ list []string }

// Addf adds a mistake.
func (p *Problems) Addf(format string, args ...any) {
	p.list = append(p.list, fmt.Sprintf(format, args...))
}

// Err returns a *UsageError with all mistakes, nil when there are none.
func (p *Problems) Err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &UsageError{Problems: p.list}
}

// UsageError is one or more mistakes in what the user wrote. It is a
// mailhaul.ErrUsage.
type UsageError struct{ Problems []string }

// Usagef returns a UsageError with one mistake.
func Usagef(format string, args ...any) *UsageError {
	return &UsageError{Problems: []string{fmt.Sprintf(format, args...)}}
}

// Error joins the mistakes.
func (e *UsageError) Error() string { return strings.Join(e.Problems, "; ") }

// Is makes errors.Is(err, mailhaul.ErrUsage) true.
func (e *UsageError) Is(target error) bool { return target == mailhaul.ErrUsage }
