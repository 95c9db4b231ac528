package cron_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/internal/cron"
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
		{"0 0 13 * 5", "2026-11-01 00:00:00", "2026-11-06 00:00:00"}, // either day field
		{"0 0 * * 7", "2026-11-23 00:00:00", "2026-11-29 00:00:00"},  // 7 is Sunday
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
			t.Errorf("Next(%q, %s) = %s, %v, want %s", tt.expression, tt.after, got, err, tt.want)
		}
	}
	zone := time.FixedZone("UTC+5", 5*3600)
	next, err := cron.Next("0 12 * * *", time.Date(2026, 1, 1, 16, 59, 0, 0, zone))
	if want := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC); err != nil || !next.Equal(want) {
		t.Errorf("Next with a time in another zone = %v, %v, want %v", next, err, want)
	}
	if _, err := cron.Next("0 0 31 2 *", time.Now()); !errors.Is(err, cron.ErrNever) {
		t.Errorf("Next for February 31: error %v, want ErrNever", err)
	}
}

func TestNextN(t *testing.T) {
	t.Parallel()
	times, err := cron.NextN("0 7 * * MON", time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC), 2)
	want := []time.Time{time.Date(2026, 11, 30, 7, 0, 0, 0, time.UTC), time.Date(2026, 12, 7, 7, 0, 0, 0, time.UTC)}
	if err != nil || !slices.Equal(times, want) {
		t.Errorf("NextN = %v, %v, want %v", times, err, want)
	}
	if times, err := cron.NextN("* * * * *", time.Now(), 0); err != nil || len(times) != 0 {
		t.Errorf("NextN for no times = %v, %v", times, err)
	}
	if times, err := cron.NextN("0 0 31 2 *", time.Now(), 1); !errors.Is(err, cron.ErrNever) || len(times) != 0 {
		t.Errorf("NextN for February 31 = %v, %v, want ErrNever", times, err)
	}
}

func TestCheckRejects(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		"", "*", "* * * *", "* * * * * *", "0 0 1 1 * 2026", "@hourly", "@reboot", "TZ=UTC * * * *", "60 * * * *", "* 24 * * *",
		"* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * 0 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "1,,2 * * * *", "1, * * * *",
		"-1 * * * *", "* * L * *", "* * 15W * *", "* * ? * *", "* * * * 5L", "* * * * MON#2", "MON * * * *", "* * * MON *", "* * * * JAN",
		"* * * * FOO", "* * * * 1MON", "1.5 * * * *", "*-5 * * * *", "a b c d e",
	} {
		err := cron.Check(expression)
		syntax, ok := errors.AsType[*cron.SyntaxError](err)
		if !ok || syntax.Expression != expression {
			t.Errorf("Check(%q) = %v, want a SyntaxError with the expression", expression, err)
		}
		if _, err := cron.Next(expression, time.Now()); !errors.As(err, &syntax) {
			t.Errorf("Next(%q) = %v, want a SyntaxError", expression, err)
		}
	}
}

// matches reports whether a minute matches the fields of an expression. It is an independent implementation to check
// Next against.
func matches(fields [5]string, at time.Time) bool {
	values := [5]int{at.Minute(), at.Hour(), at.Day(), int(at.Month()), int(at.Weekday())}
	minimum := [5]int{0, 0, 1, 1, 0}
	maximum := [5]int{59, 23, 31, 12, 7}
	var match [5]bool
	for i, field := range fields {
		for part := range strings.SplitSeq(field, ",") {
			first, last, step := minimum[i], maximum[i], 1
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
				match[i] = match[i] || v == values[i] || (i == 4 && v == 7 && values[i] == 0)
			}
		}
	}
	days := match[2] && match[4]
	if !strings.HasPrefix(fields[2], "*") && !strings.HasPrefix(fields[4], "*") {
		days = match[2] || match[4]
	}
	return match[0] && match[1] && days && match[3]
}

func TestNextMatchesReference(t *testing.T) {
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
			return // day and weekday may have no common date if one of them begins with a star
		}
		if !next.After(after) || !matches(fields, next) {
			t.Fatalf("Next(%q, %v) = %v, which does not match", expression, after, next)
		}
		// No time in between matches. Check the first 90 minutes and a sample of the others.
		for at := after.Truncate(time.Minute).Add(time.Minute); at.Before(next) && at.Before(after.Add(90*time.Minute)); at = at.Add(time.Minute) {
			if matches(fields, at) {
				t.Fatalf("Next(%q, %v) = %v, but %v matches and is earlier", expression, after, next, at)
			}
		}
		for range 60 {
			minutes := int64(next.Sub(after) / time.Minute)
			at := after.Truncate(time.Minute).Add(time.Duration(rand.Int64N(minutes+1)) * time.Minute)
			if at.After(after) && at.Before(next) && matches(fields, at) {
				t.Fatalf("Next(%q, %v) = %v, but %v matches and is earlier", expression, after, next, at)
			}
		}
	})
}
