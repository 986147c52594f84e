package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mailhaul/mailhaul"
)

// Problems gathers the mistakes of one command line, so that a user mends them
// all in one go. The zero value is ready.
type Problems struct{ list []string }

// Addf adds a mistake, unless it was told already: a flag may hold for both ends of
// a command.
func (p *Problems) Addf(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.list, text) {
		p.list = append(p.list, text)
	}
}

// Join adds the mistakes of a *UsageError and returns all of them. Any other error
// is returned as it is: it comes before all mistakes.
func (p *Problems) Join(err error) error {
	usage, ok := errors.AsType[*UsageError](err)
	if err != nil && !ok {
		return err
	}
	if ok {
		p.list = append(p.list, usage.Problems...)
	}
	return p.Err()
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
