package deploy_test

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

	"github.com/cogfn/cogfn/deploy"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestNextRuns(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 23, 6, 59, 30, 5, time.FixedZone("east", 3600)) // a Monday, 05:59:30 UTC
	for cron, want := range map[string]string{
		"* * * * *":             "2026-11-23 06:00, 2026-11-23 06:01, 2026-11-23 06:02",
		"0 7 * * MON":           "2026-11-23 07:00, 2026-11-30 07:00, 2026-12-07 07:00",
		"0 0 * * 7":             "2026-11-29 00:00, 2026-12-06 00:00, 2026-12-13 00:00",
		"0 0 13 * fri":          "2026-11-27 00:00, 2026-12-04 00:00, 2026-12-11 00:00", // either day field
		"0 0 */2 * 1":           "2026-12-07 00:00, 2026-12-21 00:00, 2027-01-11 00:00", // both: one begins with a star
		"0 0 29 2 *":            "2028-02-29 00:00, 2032-02-29 00:00, 2036-02-29 00:00",
		"30 8-10/2 * JAN,Dec *": "2026-12-01 08:30, 2026-12-01 10:30, 2026-12-02 08:30",
	} {
		runs, err := deploy.NextRuns(cron, 3, from)
		must(t, err)
		var got []string
		for _, at := range runs {
			got = append(got, at.Format("2006-01-02 15:04"))
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", cron, diff)
		}
	}
	if runs, err := deploy.NextRuns("* * * * *", 0, from); err != nil || len(runs) != 0 {
		t.Errorf("none: %v, %v", runs, err)
	}
	if _, err := deploy.NextRuns("0 0 31 2 *", 1, from); !errors.Is(err, deploy.ErrNever) {
		t.Errorf("the 31st of February: %v", err)
	}
}

func TestNextRunsRefuses(t *testing.T) {
	t.Parallel()
	for cron := range strings.SplitSeq("|*|* * * *|* * * * * *|@hourly|60 * * * *|* 24 * * *|* * 0 * *|* * * 13 *|* * * * 8|5-1 * * * *|*/0 * * * *|"+
		"1,,2 * * * *|-1 * * * *|* * L * *|* * 15W * *|* * ? * *|* * * * MON#2|* * * * 5L|MON * * * *|* * * MON *|* * * * JAN|1.5 * * * *|*-5 * * * *", "|") {
		if _, err := deploy.NextRuns(cron, 1, time.Now()); !errors.Is(err, functions.ErrInvalid) {
			t.Errorf("%q: %v", cron, err)
		}
	}
}

// value is a field of a cron expression with what it means, worked out without any library.
type value struct {
	text string
	has  []int
}

func fieldOf(t *rapid.T, name string, low, high int) value {
	if rapid.Bool().Draw(t, name+" is free") {
		step := rapid.IntRange(1, 7).Draw(t, name+" step")
		v := value{text: "*/" + strconv.Itoa(step)}
		if step == 1 {
			v.text = "*"
		}
		for n := low; n <= high; n += step {
			v.has = append(v.has, n)
		}
		return v
	}
	var v value
	for i := range rapid.IntRange(1, 3).Draw(t, name+" parts") {
		first := rapid.IntRange(low, high).Draw(t, name)
		last := rapid.IntRange(first, high).Draw(t, name+" last")
		step := rapid.IntRange(1, 5).Draw(t, name+" step")
		if i > 0 {
			v.text += ","
		}
		v.text += fmt.Sprintf("%d-%d/%d", first, last, step)
		for n := first; n <= last; n += step {
			v.has = append(v.has, n)
		}
	}
	return v
}

// TestNextRunsAgainstEveryMinute walks through two days minute by minute: those that match are exactly the next runs.
func TestNextRunsAgainstEveryMinute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fields := []value{fieldOf(t, "minute", 0, 59), fieldOf(t, "hour", 0, 23), fieldOf(t, "day", 1, 31), fieldOf(t, "month", 1, 12), fieldOf(t, "weekday", 0, 7)}
		var texts []string
		for _, f := range fields {
			texts = append(texts, f.text)
		}
		cron := strings.Join(texts, " ")
		from := time.Unix(rapid.Int64Range(1_700_000_000, 1_900_000_000).Draw(t, "from"), 0).UTC()
		var want []time.Time
		for at := from.Truncate(time.Minute).Add(time.Minute); at.Before(from.Add(48 * time.Hour)); at = at.Add(time.Minute) {
			weekday := slices.Contains(fields[4].has, int(at.Weekday())) || at.Weekday() == time.Sunday && slices.Contains(fields[4].has, 7)
			day := slices.Contains(fields[2].has, at.Day())
			days := day && weekday
			if fields[2].text[0] != '*' && fields[4].text[0] != '*' {
				days = day || weekday
			}
			if days && slices.Contains(fields[0].has, at.Minute()) && slices.Contains(fields[1].has, at.Hour()) && slices.Contains(fields[3].has, int(at.Month())) {
				want = append(want, at)
			}
		}
		runs, err := deploy.NextRuns(cron, len(want)+1, from)
		if err != nil && !errors.Is(err, deploy.ErrNever) {
			t.Fatal(err)
		}
		if len(runs) < len(want) || !slices.EqualFunc(runs[:len(want)], want, time.Time.Equal) {
			t.Fatalf("%s from %v: got %v, want %v", cron, from, runs, want)
		}
		if len(runs) > len(want) && runs[len(want)].Before(from.Add(48*time.Hour)) {
			t.Fatalf("%s from %v: %v is too many", cron, from, runs[len(want)])
		}
	})
}
