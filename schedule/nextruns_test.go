package schedule_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/schedule"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestNextRuns(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 23, 6, 59, 30, 5, time.FixedZone("east", 3600)) // a Monday, 05:59:30 UTC
	for cron, want := range map[string]string{
		"* * * * *":             "2026-11-23 06:00, 2026-11-23 06:01, 2026-11-23 06:02",
		"0 7 * * MON":           "2026-11-23 07:00, 2026-11-30 07:00, 2026-12-07 07:00",
		"0 0 * * 7":             "2026-11-29 00:00, 2026-12-06 00:00, 2026-12-13 00:00",
		"0 0 13 * fri":          "2026-11-27 00:00, 2026-12-04 00:00, 2026-12-11 00:00", // one of the day fields
		"0 0 */2 * 1":           "2026-12-07 00:00, 2026-12-21 00:00, 2027-01-11 00:00", // both, since one has a star
		"0 0 29 2 *":            "2028-02-29 00:00, 2032-02-29 00:00, 2036-02-29 00:00",
		"30 8-10/2 * JAN,Dec *": "2026-12-01 08:30, 2026-12-01 10:30, 2026-12-02 08:30",
	} {
		runs, err := schedule.NextRuns(cron, 3, from)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, at := range runs {
			got = append(got, at.Format("2006-01-02 15:04"))
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", cron, diff)
		}
	}
	if runs, err := schedule.NextRuns("* * * * *", 0, from); err != nil || len(runs) != 0 {
		t.Errorf("n = 0: got %v, %v", runs, err)
	}
	if _, err := schedule.NextRuns("0 0 31 2 *", 1, from); !errors.Is(err, schedule.ErrNever) {
		t.Errorf("February 31: got %v, want ErrNever", err)
	}
}

// The syntax is tested in internal/cron.
func TestNextRunsRejects(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"", "* * * *", "60 * * * *", "* * L * *"} {
		if _, err := schedule.NextRuns(expression, 1, time.Now()); !errors.Is(err, functions.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", expression, err)
		}
	}
}

// field is a field of a cron expression and the values that match it.
type field struct {
	text   string
	values []int
}

func randomField(t *rapid.T, name string, low, high int) field {
	if rapid.Bool().Draw(t, name+" has a star") {
		step := rapid.IntRange(1, 7).Draw(t, name+" step")
		f := field{text: "*/" + strconv.Itoa(step)}
		if step == 1 {
			f.text = "*"
		}
		for n := low; n <= high; n += step {
			f.values = append(f.values, n)
		}
		return f
	}
	var f field
	for i := range rapid.IntRange(1, 3).Draw(t, name+" parts") {
		first := rapid.IntRange(low, high).Draw(t, name)
		last := rapid.IntRange(first, high).Draw(t, name+" last")
		step := rapid.IntRange(1, 5).Draw(t, name+" step")
		if i > 0 {
			f.text += ","
		}
		f.text += fmt.Sprintf("%d-%d/%d", first, last, step)
		for n := first; n <= last; n += step {
			f.values = append(f.values, n)
		}
	}
	return f
}

// Compares the next runs with all minutes of two days that match.
func TestNextRunsAgainstEveryMinute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fields := []field{randomField(t, "minute", 0, 59), randomField(t, "hour", 0, 23), randomField(t, "day", 1, 31), randomField(t, "month", 1, 12), randomField(t, "weekday", 0, 7)}
		var texts []string
		for _, f := range fields {
			texts = append(texts, f.text)
		}
		cron := strings.Join(texts, " ")
		from := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "from"), 0).UTC()
		var want []time.Time
		for at := from.Truncate(time.Minute).Add(time.Minute); at.Before(from.Add(48 * time.Hour)); at = at.Add(time.Minute) {
			weekday := slices.Contains(fields[4].values, int(at.Weekday())) || at.Weekday() == time.Sunday && slices.Contains(fields[4].values, 7)
			day := slices.Contains(fields[2].values, at.Day())
			days := day && weekday
			if fields[2].text[0] != '*' && fields[4].text[0] != '*' {
				days = day || weekday
			}
			if days && slices.Contains(fields[0].values, at.Minute()) && slices.Contains(fields[1].values, at.Hour()) && slices.Contains(fields[3].values, int(at.Month())) {
				want = append(want, at)
			}
		}
		runs, err := schedule.NextRuns(cron, len(want)+1, from)
		if err != nil && !errors.Is(err, schedule.ErrNever) {
			t.Fatal(err)
		}
		if len(runs) < len(want) || !slices.EqualFunc(runs[:len(want)], want, time.Time.Equal) {
			t.Fatalf("%s from %v: got %v, want %v", cron, from, runs, want)
		}
		if len(runs) > len(want) && runs[len(want)].Before(from.Add(48*time.Hour)) {
			t.Fatalf("%s from %v: unexpected run %v", cron, from, runs[len(want)])
		}
	})
}
