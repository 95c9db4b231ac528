package cron_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/emulator/internal/cron"
)

func TestNext(t *testing.T) {
	t.Parallel()
	const layout = "2006-01-02 15:04:05.999"
	for _, tt := range []struct{ expression, after, want string }{
		{"* * * * *", "2026-01-01 00:00:00", "2026-01-01 00:01:00"}, // strictly after
		{"* * * * *", "2026-01-01 00:00:59.999", "2026-01-01 00:01:00"},
		{"*/5 * * * *", "2026-01-01 00:04:30", "2026-01-01 00:05:00"},
		{"0 7 * * MON", "2026-11-23 07:00:00", "2026-11-30 07:00:00"},
		{"0 7 * * mon", "2026-11-23 06:59:59", "2026-11-23 07:00:00"},
		{"0 0 29 2 *", "2026-01-01 00:00:00", "2028-02-29 00:00:00"},
		{"0 0 31 * *", "2026-09-01 00:00:00", "2026-10-31 00:00:00"},
		{"0 0 13 * 5", "2026-11-01 00:00:00", "2026-11-06 00:00:00"}, // either of the two day fields
		{"0 0 * * 7", "2026-11-23 00:00:00", "2026-11-29 00:00:00"},  // Sunday's second number
		{"30 8-10/2 * JAN,dec *", "2026-11-23 00:00:00", "2026-12-01 08:30:00"},
		{"59 23 31 12 *", "2026-12-31 23:59:00", "2027-12-31 23:59:00"},
		{" 0  0 1 1 * ", "2026-12-31 23:59:00", "2027-01-01 00:00:00"},
	} {
		after, err := time.Parse(layout, tt.after)
		if err != nil {
			t.Fatal(err)
		}
		next, err := cron.Next(tt.expression, after)
		if got := next.Format(layout); err != nil || got != tt.want {
			t.Errorf("%q after %s is %s (%v), want %s", tt.expression, tt.after, got, err, tt.want)
		}
	}
	zone := time.FixedZone("far", 5*3600)
	next, err := cron.Next("0 12 * * *", time.Date(2026, 1, 1, 16, 59, 0, 0, zone))
	if want := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC); err != nil || !next.Equal(want) {
		t.Errorf("in another time zone: %v (%v), want %v", next, err, want)
	}
	if _, err := cron.Next("0 0 31 2 *", time.Now()); !errors.Is(err, cron.ErrNever) {
		t.Errorf("the 31st of February: %v", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		"", "*", "* * * *", "* * * * * *", "0 0 1 1 * 2026", "@hourly", "@reboot", "TZ=UTC * * * *", "60 * * * *", "* 24 * * *",
		"* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * 0 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "1,,2 * * * *", "1, * * * *",
		"-1 * * * *", "* * L * *", "* * 15W * *", "* * ? * *", "* * * * 5L", "* * * * MON#2", "MON * * * *", "* * * MON *", "* * * * JAN",
		"* * * * FOO", "1.5 * * * *", "*-5 * * * *", "a b c d e",
	} {
		if err := cron.Check(expression); err == nil {
			t.Errorf("%q was accepted", expression)
		}
	}
}

// naive says by plain arithmetic whether a minute belongs to an expression: the reference for Next.
func naive(fields [5]string, at time.Time) bool {
	values := [5]int{at.Minute(), at.Hour(), at.Day(), int(at.Month()), int(at.Weekday())}
	lowest := [5]int{0, 0, 1, 1, 0}
	highest := [5]int{59, 23, 31, 12, 7}
	var fits [5]bool
	for i, field := range fields {
		for part := range strings.SplitSeq(field, ",") {
			first, last, step := lowest[i], highest[i], 1
			span, rest, hasStep := strings.Cut(part, "/")
			if hasStep {
				_, _ = fmt.Sscan(rest, &step)
			}
			if span != "*" {
				if n, _ := fmt.Sscanf(span, "%d-%d", &first, &last); n == 1 {
					last = first
				}
			}
			for v := first; v <= last; v += step {
				fits[i] = fits[i] || v == values[i] || (i == 4 && v == 7 && values[i] == 0)
			}
		}
	}
	days := fits[2] && fits[4]
	if !strings.HasPrefix(fields[2], "*") && !strings.HasPrefix(fields[4], "*") {
		days = fits[2] || fits[4]
	}
	return fits[0] && fits[1] && days && fits[3]
}

func TestNextAgainstPlainArithmetic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		field := func(name string, low, high int) string {
			a := rapid.IntRange(low, high).Draw(t, name)
			b := rapid.IntRange(a, high).Draw(t, name)
			return rapid.SampledFrom([]string{"*", "*/2", strconv.Itoa(a), fmt.Sprintf("%d-%d", a, b), fmt.Sprintf("%d,%d", a, b), fmt.Sprintf("%d-%d/3", a, b)}).Draw(t, name)
		}
		fields := [5]string{field("minute", 0, 59), field("hour", 0, 23), field("day", 1, 28), field("month", 1, 12), field("weekday", 0, 6)}
		expression := strings.Join(fields[:], " ")
		after := time.Unix(rapid.Int64Range(1_600_000_000, 2_000_000_000).Draw(t, "after"), 0).UTC()
		next, err := cron.Next(expression, after)
		if err != nil {
			return // weekday and day may never meet, when one of them begins with a star
		}
		if !next.After(after) || !naive(fields, next) {
			t.Fatalf("%q after %v is %v, which does not fit", expression, after, next)
		}
		// None in between: all minutes nearby, and a sample of the others.
		for at := after.Truncate(time.Minute).Add(time.Minute); at.Before(next) && at.Before(after.Add(90*time.Minute)); at = at.Add(time.Minute) {
			if naive(fields, at) {
				t.Fatalf("%q after %v is %v, but %v fits", expression, after, next, at)
			}
		}
		for range 60 {
			minutes := int64(next.Sub(after) / time.Minute)
			at := after.Truncate(time.Minute).Add(time.Duration(rand.Int64N(minutes+1)) * time.Minute)
			if at.After(after) && at.Before(next) && naive(fields, at) {
				t.Fatalf("%q after %v is %v, but %v fits", expression, after, next, at)
			}
		}
	})
}

func TestWords(t *testing.T) {
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
		if got := cron.Words(expression); got != want {
			t.Errorf("%q reads %q, want %q", expression, got, want)
		}
	}
}
