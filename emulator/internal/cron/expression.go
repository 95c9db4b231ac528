// Package cron understands the cron expressions of schedules, and waits for their times.
//
// An expression has five fields, read in UTC: minute, hour, day of month, month, day of week. Which dialect the service
// takes beyond that is not known, so everything else is refused: no test should pass on a dialect that the service may
// lack.
package cron

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/adhocore/gronx"
)

// ErrNever is returned by Next for an expression without any date, such as the 31st of February.
var ErrNever = errors.New("the cron expression names a date that never comes")

// field is one cron field: numbers or three-letter names, ranges, steps and lists. The extensions that gronx knows (?,
// L, W, #) do not match.
var field = regexp.MustCompile(`^(?:\*|\w+(?:-\w+)?)(?:/\d+)?(?:,(?:\*|\w+(?:-\w+)?)(?:/\d+)?)*$`)

var (
	monthNames   = strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")
	weekdayNames = strings.Fields("SUN MON TUE WED THU FRI SAT")
	word         = regexp.MustCompile(`[A-Za-z_]+`)
)

// Check says whether an expression is one that a schedule may have; the error is a sentence for the caller.
func Check(expression string) error {
	fields := strings.Fields(expression)
	if len(fields) != 5 {
		return fmt.Errorf("the cron expression %q has %d fields: it needs five, for minute, hour, day of month, month and day of week",
			expression, len(fields))
	}
	names := [5][]string{3: monthNames, 4: weekdayNames}
	for i, text := range fields {
		if !field.MatchString(text) || !knownWords(text, names[i]) {
			return fmt.Errorf("the cron expression %q is not valid: the service may not know %q in field %d", expression, text, i+1)
		}
	}
	if !gronx.New().IsValid(strings.Join(fields, " ")) {
		return fmt.Errorf("the cron expression %q is not valid: a number is out of its range", expression)
	}
	return nil
}

func knownWords(text string, names []string) bool {
	for _, found := range word.FindAllString(text, -1) {
		known := false
		for _, name := range names {
			known = known || strings.EqualFold(name, found)
		}
		if !known {
			return false
		}
	}
	return true
}

// Next returns the first time after a time that the expression names, in UTC.
func Next(expression string, after time.Time) (time.Time, error) {
	if err := Check(expression); err != nil {
		return time.Time{}, err
	}
	next, err := gronx.NextTickAfter(strings.Join(strings.Fields(expression), " "), after.UTC(), false)
	if err != nil || !next.After(after) {
		return time.Time{}, ErrNever
	}
	return next.UTC(), nil
}
