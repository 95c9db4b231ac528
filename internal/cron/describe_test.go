package cron_test

import (
	"testing"

	"github.com/cogfn/cogfn/internal/cron"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"* * * * *":      "Every minute",
		"*/1 * * * *":    "Every minute",
		"*/5 * * * *":    "Every 5 minutes",
		"0 * * * *":      "Every hour",
		"1 * * * *":      "At 1 minute past the hour",
		"15 * * * *":     "At 15 minutes past the hour",
		"0 */2 * * *":    "Every 2 hours",
		"5 */2 * * *":    "At 5 minutes past the hour, every 2 hours",
		"0 7 * * *":      "At 07:00 AM",
		"30 12 * * *":    "At 12:30 PM",
		"5 0 * * *":      "At 12:05 AM",
		"0 23 * * *":     "At 11:00 PM",
		"0 7 * * MON":    "At 07:00 AM, only on Monday",
		"0 7 * * 1-5":    "At 07:00 AM, Monday through Friday",
		"0 7 * * 7":      "At 07:00 AM, only on Sunday",
		"36 2 13 5 *":    "At 02:36 AM, on day 13 of the month, only in May",
		"0 0 1 1 *":      "At 12:00 AM, on day 1 of the month, only in January",
		"* * * * FRI":    "Every minute, only on Friday",
		"0 0 1 * MON":    "0 0 1 * MON",
		"1,2 * * * *":    "1,2 * * * *",
		"0 1-3 * * *":    "0 1-3 * * *",
		"* 5 * * *":      "* 5 * * *",
		"0 0 * 1,2 *":    "0 0 * 1,2 *",
		"0 0 * * 1,2":    "0 0 * * 1,2",
		"not a schedule": "not a schedule",
	} {
		if got := cron.Describe(expression); got != want {
			t.Errorf("Describe(%q) = %q, want %q", expression, got, want)
		}
	}
}
