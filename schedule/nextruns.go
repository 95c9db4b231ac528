package schedule

import (
	"errors"
	"fmt"
	"time"

	"github.com/cogfn/cogfn/internal/cron"
	functions "github.com/cogfn/cogfn/wrapper"
)

// ErrNever is the error of [NextRuns] for a cron expression that matches no date, such as February 31.
var ErrNever = fmt.Errorf("schedule: %w", cron.ErrNever)

// NextRuns returns the next n times, after from, at which a schedule with this cron expression runs, in UTC. It sends no
// request.
//
// The expression has five fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday). A field contains
// numbers, three-letter names of months and weekdays, ranges, lists and steps. If a day field begins with "*", both day
// fields must match; otherwise one of them must match, as in Vixie cron.
//
// Errors:
//   - *functions.ArgumentError: the expression is not valid.
//   - [ErrNever]: fewer than n times match. NextRuns returns these.
func NextRuns(expression string, n int, from time.Time) ([]time.Time, error) {
	runs, err := cron.NextN(expression, from, n)
	if syntax, ok := errors.AsType[*cron.SyntaxError](err); ok {
		return nil, &functions.ArgumentError{Field: "CronExpression", Rule: fmt.Sprintf("%q %s", expression, syntax.Problem)}
	}
	if err != nil {
		return runs, ErrNever
	}
	return runs, nil
}
