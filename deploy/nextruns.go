package deploy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/adhocore/gronx"
)

// ErrNever says that a cron expression names a date that never comes, such as the 31st of February.
var ErrNever = errors.New("deploy: the cron expression names a date that never comes")

// What may stand in a field: the letters and signs that other dialects of cron have are left to gronx otherwise.
var (
	numbers  = cronField(`\d+`)
	months   = cronField(`\d+|(?i:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)`)
	weekdays = cronField(`\d+|(?i:SUN|MON|TUE|WED|THU|FRI|SAT)`)
)

func cronField(value string) *regexp.Regexp {
	span := fmt.Sprintf(`(?:\*|(?:%[1]s)(?:-(?:%[1]s))?)(?:/\d+)?`, value)
	return regexp.MustCompile(fmt.Sprintf(`^%[1]s(?:,%[1]s)*$`, span))
}

// NextRuns returns the next n times, after from, at which a schedule with this cron expression is due, in UTC. It asks
// nobody. The expression has five fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday), with
// numbers, three-letter names of months and weekdays, ranges, lists and steps. As in Vixie's cron, a day has to match one of
// the two day fields if neither begins with a star, and both otherwise. Other dialects are a *functions.ArgumentError; a
// date that never comes is ErrNever.
func NextRuns(cron string, n int, from time.Time) ([]time.Time, error) {
	fields := strings.Fields(cron)
	if len(fields) != 5 {
		return nil, refuse("CronExpression", fmt.Sprintf("is %q with %d fields; it must have minute, hour, day of month, month and day of week", cron, len(fields)))
	}
	for i, rule := range []*regexp.Regexp{numbers, numbers, numbers, months, weekdays} {
		if !rule.MatchString(fields[i]) {
			return nil, refuse("CronExpression", fmt.Sprintf("is %q, whose field %q is not one of standard cron", cron, fields[i]))
		}
	}
	normal := strings.Join(fields, " ")
	if !gronx.New().IsValid(normal) {
		return nil, refuse("CronExpression", fmt.Sprintf("is %q, which holds a number out of its range", cron))
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
