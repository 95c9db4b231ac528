package schedule_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/schedule"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

const code = "def handle(data):\n    return 1\n"

// startProject starts an emulator with one function.
func startProject(t *testing.T) (*faults.Project, functions.Identifier) {
	t.Helper()
	p := faults.Start(t, emulator.Options{})
	return p, functions.ExternalID(createFunction(t, p))
}

func createFunction(t *testing.T, p *faults.Project) (externalID string) {
	t.Helper()
	write := functions.FunctionWrite{Name: "greet", ExternalID: new("greet")}
	faults.Must[*functions.Function](t)(p.Direct.Create(t.Context(), write, functions.HandlerText(code)))
	return *write.ExternalID
}

// nightly returns a schedule that does not run during a test.
func nightly() functions.ScheduleWrite {
	return functions.ScheduleWrite{
		Name: "nightly", CronExpression: "0 0 29 2 *", Description: new("about nightly"),
		Data: json.RawMessage(`{"a":1,"b":[9007199254740993,1.5]}`),
	}
}

// describe returns name, cron expression, data and description of each schedule of a function.
func describe(t *testing.T, p *faults.Project, fn functions.Identifier) []string {
	t.Helper()
	var all []string
	for _, s := range p.Schedules(fn) {
		data := faults.Must[json.RawMessage](t)(s.InputData(t.Context()))
		all = append(all, fmt.Sprintf("%s|%s|%s|%s", s.Name, s.CronExpression, data, *s.Description))
	}
	return all
}

func upsert(t *testing.T, p *faults.Project, fn functions.Identifier, w functions.ScheduleWrite) (*functions.Schedule, schedule.Outcome) {
	t.Helper()
	s, outcome, err := schedule.Upsert(t.Context(), p.Client, fn, w)
	faults.NoError(t, err)
	return s, outcome
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	data := func(text string) func(*functions.ScheduleWrite) {
		return func(w *functions.ScheduleWrite) { w.Data = json.RawMessage(text) }
	}
	for name, test := range map[string]struct {
		change func(*functions.ScheduleWrite)
		want   schedule.Outcome
	}{
		"equal":                  {func(*functions.ScheduleWrite) {}, schedule.Unchanged},
		"other name":             {func(w *functions.ScheduleWrite) { w.Name = "weekly" }, schedule.Created},
		"other times":            {func(w *functions.ScheduleWrite) { w.CronExpression = "1 0 29 2 *" }, schedule.Replaced},
		"white space in cron":    {func(w *functions.ScheduleWrite) { w.CronExpression = "0  0 29 2  *" }, schedule.Unchanged},
		"other description":      {func(w *functions.ScheduleWrite) { w.Description = nil }, schedule.Replaced},
		"equal data":             {data(`{"b": [9007199254740993, 15e-1], "a": 1.0}`), schedule.Unchanged},
		"other large number":     {data(`{"a":1,"b":[9007199254740992,1.5]}`), schedule.Replaced},
		"other list":             {data(`{"a":1,"b":[9007199254740993]}`), schedule.Replaced},
		"other keys":             {data(`{"a":1,"c":[9007199254740993,1.5]}`), schedule.Replaced},
		"string, not number":     {data(`{"a":"1","b":[9007199254740993,1.5]}`), schedule.Replaced},
		"object, not list":       {data(`{"a":1,"b":{}}`), schedule.Replaced},
		"null, not number":       {data(`{"a":null,"b":[9007199254740993,1.5]}`), schedule.Replaced},
		"no data, not some data": {data(""), schedule.Replaced},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, fn := startProject(t)
			first, outcome := upsert(t, p, fn, nightly())
			if outcome != schedule.Created {
				t.Fatalf("the first outcome is %s, want created", outcome)
			}
			write := nightly()
			test.change(&write)
			second, outcome := upsert(t, p, fn, write)
			if outcome != test.want {
				t.Errorf("the second outcome is %s, want %s", outcome, test.want)
			}
			if (first.ID == second.ID) != (test.want == schedule.Unchanged) {
				t.Errorf("the ids are %d and %d", first.ID, second.ID)
			}
			if n, want := len(p.Schedules(fn)), map[bool]int{true: 2, false: 1}[test.want == schedule.Created]; n != want {
				t.Errorf("%d schedules exist, want %d", n, want)
			}
		})
	}
}

func TestUpsertTreatsNoDataAsEmptyObject(t *testing.T) {
	t.Parallel()
	p, fn := startProject(t)
	for i, data := range []string{"", "{}", " { } "} {
		_, outcome := upsert(t, p, fn, functions.ScheduleWrite{Name: "empty", CronExpression: "0 0 29 2 *", Data: json.RawMessage(data)})
		if (outcome == schedule.Unchanged) != (i > 0) {
			t.Errorf("data %q: the outcome is %s", data, outcome)
		}
	}
}

// The new schedule is created before the old one is deleted, so a failure leaves at least one.
func TestReplaceNeverLosesSchedule(t *testing.T) {
	t.Parallel()
	write := nightly()
	write.CronExpression = "5 0 29 2 *"
	for name, replace := range map[string]func(p *faults.Project, id int64) (*functions.Schedule, error){
		"upsert": func(p *faults.Project, _ int64) (*functions.Schedule, error) {
			s, _, err := schedule.Upsert(p.T.Context(), p.Client, functions.ExternalID("greet"), write)
			return s, err
		},
		"refresh": func(p *faults.Project, id int64) (*functions.Schedule, error) {
			return schedule.Refresh(p.T.Context(), p.Client, id)
		},
	} {
		for _, request := range []string{"create session", "create schedule", "delete schedule", "read input data"} {
			for _, fault := range []faults.Fault{faults.Reject, faults.Lose, faults.Cut} {
				t.Run(fmt.Sprintf("%s/%s/%d", name, request, fault), func(t *testing.T) {
					t.Parallel()
					p, fn := startProject(t)
					old := faults.Must[*functions.Schedule](t)(p.Direct.Schedules.Create(t.Context(), fn, nightly()))
					p.Faults.Inject(request, 1, fault)
					created, err := replace(p, old.ID)
					list := p.Schedules(fn)
					if len(list) == 0 {
						t.Error("no schedule exists")
					}
					if created != nil && list.Get(created.ID) == nil {
						t.Error("the returned schedule does not exist")
					}
					if unused := name == "upsert" && request == "read input data"; (err == nil) != unused {
						t.Errorf("got the error %v, want an error: %t", err, !unused)
					}
					if request == "delete schedule" && created == nil {
						t.Errorf("got no schedule with the error %v", err)
					}
					// Another Upsert deletes the others.
					p.Faults.Decide = nil
					result, _ := upsert(t, p, fn, write)
					if list := p.Schedules(fn); len(list) != 1 || list[0].ID != result.ID {
						t.Errorf("schedules %v exist, want only %d", list.IDs(), result.ID)
					}
				})
			}
		}
	}
}

func TestUpsertRejects(t *testing.T) {
	t.Parallel()
	p, fn := startProject(t)
	list := functions.ScheduleWrite{Name: "a", CronExpression: "* * * * *", Data: json.RawMessage("[1]")}
	for name, test := range map[string]struct {
		fn    functions.Identifier
		write functions.ScheduleWrite
	}{
		"no name":     {fn, functions.ScheduleWrite{CronExpression: "* * * * *"}},
		"list":        {fn, list},
		"no function": {functions.Identifier{}, nightly()},
	} {
		if _, _, err := schedule.Upsert(t.Context(), p.Client, test.fn, test.write); !errors.Is(err, functions.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
	write := nightly()
	write.FunctionID = p.Functions()[0].ID
	upsert(t, p, functions.Identifier{}, write)
}

func TestUpsertDeletesDuplicates(t *testing.T) {
	t.Parallel()
	p, fn := startProject(t)
	for range 3 {
		faults.Must[*functions.Schedule](t)(p.Direct.Schedules.Create(t.Context(), fn, nightly()))
	}
	all := p.Schedules(fn)
	result, outcome := upsert(t, p, fn, nightly())
	if outcome != schedule.Replaced || !slices.Contains(all.IDs(), result.ID) || len(p.Schedules(fn)) != 1 {
		t.Errorf("the outcome is %s with the schedule %d of %v", outcome, result.ID, all.IDs())
	}
}
