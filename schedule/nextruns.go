package schedule

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/adhocore/gronx"

	functions "github.com/cogfn/cogfn/wrapper"
)

// ErrNever is the error of [NextRuns] for a cron expression that matches no date, such as February 31.
var ErrNever = errors.New("schedule: the cron expression matches no date")

// The valid syntax of a field. gronx alone also accepts the extensions of other cron dialects.
var (
	numbers  = cronField(`\d+`)
	months   = cronField(`\d+|(?i:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)`)
	weekdays = cronField(`\d+|(?i:SUN|MON|TUE|WED|THU|FRI|SAT)`)
)

func cronField(value string) *regexp.Regexp {
	span := fmt.Sprintf(`(?:\*|(?:%[1]s)(?:-(?:%[1]s))?)(?:/\d+)?`, value)
	return regexp.MustCompile(fmt.Sprintf(`^%[1]s(?:,%[1]s)*$`, span))
}

// NextRuns returns the next n times, after from, at which a schedule with this cron expression runs, in UTC. It sends no
// request.
//
// The expression has five fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday). A field contains
// numbers, three-letter names of months and weekdays, ranges, lists and steps. If both day fields are restricted, one of
// them has to match, as in Vixie cron.
//
// Errors:
//   - *functions.ArgumentError: the expression is not valid.
//   - [ErrNever]: the expression matches no date.
func NextRuns(cron string, n int, from time.Time) ([]time.Time, error) {
	fields := strings.Fields(cron)
	if len(fields) != 5 {
		return nil, invalidCron("is %q with %d fields; it must have minute, hour, day of month, month and day of week", cron, len(fields))
	}
	for i, syntax := range []*regexp.Regexp{numbers, numbers, numbers, months, weekdays} {
		if !syntax.MatchString(fields[i]) {
			return nil, invalidCron("is %q; the field %q is not valid in standard cron", cron, fields[i])
		}
	}
	normal := strings.Join(fields, " ")
	if !gronx.New().IsValid(normal) {
		return nil, invalidCron("is %q; a number is out of its range", cron)
	}
	var runs []time.Time
	for at := from.UTC(); len(runs) < n; {
		next, err := gronx.NextTickAfter(normal, at, false)
		if err != nil || !next.After(at) {
			return runs, ErrNever
		}
		at = next.UTC()
		runs = append(runs, at)
	}
	return slices.Clip(runs), nil
}

func invalidCron(format string, args ...any) error {
	return &functions.ArgumentError{Field: "CronExpression", Rule: fmt.Sprintf(format, args...)}
}
