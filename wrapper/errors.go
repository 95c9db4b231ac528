package functions

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kinds of failure, for errors.Is. Errors that this package returns match the one that fits them.
var (
	// ErrNotFound: something asked for does not exist.
	ErrNotFound = errors.New("not found")
	// ErrDuplicated: the external id is taken already.
	ErrDuplicated = errors.New("duplicated")
	// ErrUnauthorized: the service or the identity provider does not accept the credentials.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrForbidden: the credentials are good, but lack a capability.
	ErrForbidden = errors.New("forbidden")
	// ErrRateLimited: too many requests or too many running calls, and still so after all retries.
	ErrRateLimited = errors.New("rate limited")
	// ErrUnavailable: the service could not be reached or could not answer, and still so after all retries.
	ErrUnavailable = errors.New("unavailable")
	// ErrInvalid: an argument was refused before anything was sent.
	ErrInvalid = errors.New("invalid argument")
)

// ArgumentError is an argument that was refused before anything was sent. It matches ErrInvalid.
type ArgumentError struct {
	// Field is the name of the field or parameter, as in "Name" or "limit".
	Field string
	// Rule says what is wrong with it and what it must be; it never holds a secret's value.
	Rule string
}

// Error says in one sentence what is wrong with the argument.
func (e *ArgumentError) Error() string { return fmt.Sprintf("functions: %s %s", e.Field, e.Rule) }

// Is matches ErrInvalid.
func (e *ArgumentError) Is(target error) bool { return target == ErrInvalid }

// faults joins errors into one sentence; nil ones are left out.
type faults []error

// Error joins the texts with semicolons; only the first keeps the package's name.
func (f faults) Error() string {
	texts := make([]string, len(f))
	for i, err := range f {
		texts[i] = err.Error()
		if i > 0 {
			texts[i] = strings.TrimPrefix(texts[i], "functions: ")
		}
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the joined errors.
func (f faults) Unwrap() []error { return f }

// join is errors.Join with an error of one line.
func join(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return faults(errs)
}

// oneLine puts a text that somebody else wrote into one line, since it becomes part of a sentence.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func attemptsAndID(attempts int, id string) string {
	var parts []string
	if attempts > 1 {
		parts = append(parts, fmt.Sprintf("%d attempts", attempts))
	}
	if id != "" {
		parts = append(parts, "request id "+id)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
