// Package cron validates the cron expressions of schedules, computes their run times and describes them in English.
//
// An expression has five fields: minute, hour, day of month, month, day of week. Times are UTC. Each field is a
// comma-separated list of numbers, ranges (1-5), steps (*/5, 8-18/2) and "*"; months and weekdays may be three-letter
// names. 0 and 7 are Sunday.
//
// As in Vixie cron, a day matches if either day field matches. If one of the day fields begins with "*", both must match.
//
// The extensions of other dialects (?, L, W, #, @daily, seconds, years) are rejected, because the reference of the
// service does not document them.
package cron

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/adhocore/gronx"
)

// ErrNever is returned for a valid expression that matches no date, such as February 31.
var ErrNever = errors.New("the cron expression matches no date")

// SyntaxError is an invalid cron expression.
type SyntaxError struct {
	Expression string
	// Problem continues the sentence that begins with the expression, such as "has 4 fields: it needs five, …".
	Problem string
}

// Error returns the expression and the problem in one sentence.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("the cron expression %q %s", e.Expression, e.Problem)
}

// fieldSyntax is the syntax of each field. gronx checks the ranges; alone, it would accept the extensions and names
// in any field.
var fieldSyntax = [5]*regexp.Regexp{
	compileField(`\d+`),
	compileField(`\d+`),
	compileField(`\d+`),
	compileField(`\d+|(?i:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)`),
	compileField(`\d+|(?i:SUN|MON|TUE|WED|THU|FRI|SAT)`),
}

func compileField(value string) *regexp.Regexp {
	item := fmt.Sprintf(`(?:\*|(?:%[1]s)(?:-(?:%[1]s))?)(?:/\d+)?`, value)
	return regexp.MustCompile(fmt.Sprintf(`^%[1]s(?:,%[1]s)*$`, item))
}

// Check returns a *SyntaxError if an expression is not valid.
func Check(expression string) error {
	_, err := normalize(expression)
	return err
}

// normalize returns a valid expression with single spaces between its fields.
func normalize(expression string) (string, error) {
	fields := strings.Fields(expression)
	if len(fields) != len(fieldSyntax) {
		return "", &SyntaxError{expression, fmt.Sprintf("has %d fields: it needs five, for minute, hour, day of month, month and day of week", len(fields))}
	}
	for i, field := range fields {
		if !fieldSyntax[i].MatchString(field) {
			return "", &SyntaxError{expression, fmt.Sprintf("is not valid: field %d is %q, which standard cron does not allow there", i+1, field)}
		}
	}
	normal := strings.Join(fields, " ")
	if !gronx.New().IsValid(normal) {
		return "", &SyntaxError{expression, "is not valid: a number is out of range"}
	}
	return normal, nil
}

// Next returns the first time after the given one that matches an expression, in UTC.
//
// Errors: *SyntaxError, ErrNever.
func Next(expression string, after time.Time) (time.Time, error) {
	times, err := NextN(expression, after, 1)
	if err != nil {
		return time.Time{}, err
	}
	return times[0], nil
}

// NextN returns the first n times after the given one that match an expression, in UTC and in ascending order. If
// there are fewer, it returns those together with ErrNever.
//
// Errors: *SyntaxError, ErrNever.
func NextN(expression string, after time.Time, n int) ([]time.Time, error) {
	normal, err := normalize(expression)
	if err != nil {
		return nil, err
	}
	var times []time.Time
	for at := after.UTC(); len(times) < n; {
		next, err := gronx.NextTickAfter(normal, at, false)
		if err != nil || !next.After(at) {
			return times, ErrNever
		}
		at = next.UTC()
		times = append(times, at)
	}
	return times, nil
}
