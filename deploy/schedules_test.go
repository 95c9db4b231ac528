package deploy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// scheduling is a world with one function.
func scheduling(t *testing.T) (*world, functions.Identifier) {
	t.Helper()
	w := newWorld(t, emulator.Options{})
	w.deployed(greet("1", codeV1))
	return w, functions.ExternalID("greet")
}

func nightly() functions.ScheduleWrite {
	return functions.ScheduleWrite{
		Name: "nightly", CronExpression: "0 0 29 2 *", Description: new("about nightly"), Data: json.RawMessage(`{"a":1,"b":[9007199254740993,1.5]}`),
	}
}

func TestUpsertSchedule(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		change func(*functions.ScheduleWrite)
		want   deploy.Action
	}{
		"same":           {func(*functions.ScheduleWrite) {}, deploy.Nothing},
		"other name":     {func(w *functions.ScheduleWrite) { w.Name = "weekly" }, deploy.Create},
		"other times":    {func(w *functions.ScheduleWrite) { w.CronExpression = "1 0 29 2 *" }, deploy.Replace},
		"spaces in cron": {func(w *functions.ScheduleWrite) { w.CronExpression = "0  0 29 2  *" }, deploy.Nothing},
		"description":    {func(w *functions.ScheduleWrite) { w.Description = nil }, deploy.Replace},
		"order of keys": {func(w *functions.ScheduleWrite) {
			w.Data = json.RawMessage(`{"b": [9007199254740993, 15e-1], "a": 1.0}`)
		}, deploy.Nothing},
		"great number":     {func(w *functions.ScheduleWrite) { w.Data = json.RawMessage(`{"a":1,"b":[9007199254740992,1.5]}`) }, deploy.Replace},
		"other list":       {func(w *functions.ScheduleWrite) { w.Data = json.RawMessage(`{"a":1,"b":[9007199254740993]}`) }, deploy.Replace},
		"other keys":       {func(w *functions.ScheduleWrite) { w.Data = json.RawMessage(`{"a":1,"c":[9007199254740993,1.5]}`) }, deploy.Replace},
		"other type":       {func(w *functions.ScheduleWrite) { w.Data = json.RawMessage(`{"a":"1","b":[9007199254740993,1.5]}`) }, deploy.Replace},
		"object for list":  {func(w *functions.ScheduleWrite) { w.Data = json.RawMessage(`{"a":1,"b":{}}`) }, deploy.Replace},
		"null for number":  {func(w *functions.ScheduleWrite) { w.Data = json.RawMessage(`{"a":null,"b":[9007199254740993,1.5]}`) }, deploy.Replace},
		"without any data": {func(w *functions.ScheduleWrite) { w.Data = nil }, deploy.Replace},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w, fn := scheduling(t)
			first, action, err := deploy.UpsertSchedule(t.Context(), w.client, fn, nightly())
			if mustGet[*functions.Schedule](t)(first, err); action != deploy.Create {
				t.Fatalf("first %s", action)
			}
			write := nightly()
			test.change(&write)
			second, action, err := deploy.UpsertSchedule(t.Context(), w.client, fn, write)
			if mustGet[*functions.Schedule](t)(second, err); action != test.want {
				t.Errorf("got %s, want %s", action, test.want)
			}
			if (first.ID == second.ID) != (test.want == deploy.Nothing) {
				t.Errorf("ids %d and %d", first.ID, second.ID)
			}
			if n, want := len(w.scheduleList(fn)), map[bool]int{true: 2, false: 1}[test.want == deploy.Create]; n != want {
				t.Errorf("%d schedules, want %d", n, want)
			}
		})
	}
}

// scheduleList lists the schedules of a function.
func (w *world) scheduleList(fn functions.Identifier) functions.ScheduleList {
	w.t.Helper()
	return mustGet[functions.ScheduleList](w.t)(w.quiet.Schedules.List(w.t.Context(), functions.SchedulesFilter{Function: fn}))
}

func TestNoDataIsAnEmptyObject(t *testing.T) {
	t.Parallel()
	w, fn := scheduling(t)
	for i, data := range []string{"", "{}", " { } "} {
		write := functions.ScheduleWrite{Name: "empty", CronExpression: "0 0 29 2 *", Data: json.RawMessage(data)}
		_, action, err := deploy.UpsertSchedule(t.Context(), w.client, fn, write)
		if must(t, err); (action == deploy.Nothing) != (i > 0) {
			t.Errorf("%q: %s", data, action)
		}
	}
}

// The new schedule is there before the old one goes, so that no failure loses it.
func TestScheduleIsNeverLost(t *testing.T) {
	t.Parallel()
	write := nightly()
	write.CronExpression = "5 0 29 2 *"
	for what, replace := range map[string]func(w *world, id int64) (*functions.Schedule, error){
		"upsert": func(w *world, _ int64) (*functions.Schedule, error) {
			schedule, _, err := deploy.UpsertSchedule(w.t.Context(), w.client, functions.ExternalID("greet"), write)
			return schedule, err
		},
		"refresh": func(w *world, id int64) (*functions.Schedule, error) {
			return deploy.RefreshSchedule(w.t.Context(), w.client, id)
		},
	} {
		for _, request := range []string{"create session", "create schedule", "delete schedule", "read input data"} {
			for _, v := range []verdict{refuse, lose, cut} {
				t.Run(fmt.Sprintf("%s/%s/%d", what, request, v), func(t *testing.T) {
					t.Parallel()
					w, fn := scheduling(t)
					old := mustGet[*functions.Schedule](t)(w.quiet.Schedules.Create(t.Context(), fn, nightly()))
					w.gate.at(request, 1, v)
					fresh, err := replace(w, old.ID)
					list := w.scheduleList(fn)
					if len(list) == 0 {
						t.Error("the schedule is lost")
					}
					if fresh != nil && list.Get(fresh.ID) == nil {
						t.Error("the schedule that was returned is not there")
					}
					if needless := what == "upsert" && request == "read input data"; (err == nil) != needless {
						t.Errorf("the error is %v", err)
					}
					if request == "delete schedule" && (fresh == nil || !strings.Contains(err.Error(), fmt.Sprintf("with id %d, but what it replaces (id %d)", fresh.ID, old.ID))) {
						t.Errorf("got %v", err)
					}
					// Done again, it leaves one.
					w.gate.judge = nil
					upserted := mustGet[*functions.Schedule](t)(firstOf(deploy.UpsertSchedule(t.Context(), w.client, fn, write)))
					if list := w.scheduleList(fn); len(list) != 1 || list[0].ID != upserted.ID {
						t.Errorf("%d schedules are left", len(list))
					}
				})
			}
		}
	}
}

func firstOf(schedule *functions.Schedule, _ deploy.Action, err error) (*functions.Schedule, error) {
	return schedule, err
}

func TestUpsertRefuses(t *testing.T) {
	t.Parallel()
	w, fn := scheduling(t)
	for what, write := range map[string]functions.ScheduleWrite{
		"no name": {CronExpression: "* * * * *"}, "no data": {Name: "a", CronExpression: "* * * * *", Data: json.RawMessage("[1]")},
	} {
		if _, _, err := deploy.UpsertSchedule(t.Context(), w.client, fn, write); !errors.Is(err, functions.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, err := deploy.UpsertSchedule(t.Context(), w.client, functions.Identifier{}, nightly()); !errors.Is(err, functions.ErrInvalid) {
		t.Errorf("no function: %v", err)
	}
	write := nightly()
	write.FunctionID = w.functions()[0].ID
	mustGet[*functions.Schedule](t)(firstOf(deploy.UpsertSchedule(t.Context(), w.client, functions.Identifier{}, write)))
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	w, fn := scheduling(t)
	ctx := t.Context()
	old := mustGet[*functions.Schedule](t)(w.client.Schedules.Create(ctx, fn, nightly()))
	before := w.schedulesOf(fn)
	paused := mustGet[*deploy.PausedSchedule](t)(deploy.PauseSchedule(ctx, w.client, old.ID))
	if n := len(w.schedulesOf(fn)); n != 0 {
		t.Fatalf("%d schedules", n)
	}
	encoded := mustGet[[]byte](t)(json.Marshal(paused))
	want := `{"name":"nightly","description":"about nightly","cronExpression":"0 0 29 2 *","data":{"a":1,"b":[9007199254740993,1.5]},"functionExternalId":"greet"}`
	if diff := cmp.Diff(want, string(encoded)); diff != "" {
		t.Errorf("paused (-want +got):\n%s", diff)
	}
	// The function is deployed anew meanwhile, so that it has another id.
	w.deployed(greet("2", codeV2))
	var read deploy.PausedSchedule
	must(t, json.Unmarshal(encoded, &read))
	first := mustGet[*functions.Schedule](t)(deploy.ResumeSchedule(ctx, w.client, read))
	second := mustGet[*functions.Schedule](t)(deploy.ResumeSchedule(ctx, w.client, read))
	if diff := cmp.Diff(before, w.schedulesOf(fn)); diff != "" || first.ID != second.ID {
		t.Errorf("resumed (-want +got):\n%s", diff)
	}
}

func TestPauseWithoutExternalID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	ctx := t.Context()
	fn := mustGet[*functions.Function](t)(w.quiet.Create(ctx, functions.FunctionWrite{Name: "greet"}, functions.HandlerText(codeV1)))
	schedule := mustGet[*functions.Schedule](t)(w.quiet.Schedules.Create(ctx, fn.Identifier(), functions.ScheduleWrite{Name: "a", CronExpression: "0 0 29 2 *"}))
	w.gate.at("delete schedule", 1, lose)
	paused, err := deploy.PauseSchedule(ctx, w.client, schedule.ID)
	if paused == nil || err == nil || !strings.Contains(err.Error(), "whether the schedule a was deleted is not sure") {
		t.Fatalf("got %v, %v", paused, err)
	}
	if paused.FunctionID != fn.ID || paused.FunctionExternalID != "" || paused.Data != nil {
		t.Errorf("got %+v", paused)
	}
	resumed := mustGet[*functions.Schedule](t)(deploy.ResumeSchedule(ctx, w.client, *paused))
	if *resumed.FunctionID != fn.ID {
		t.Errorf("the function is %d", *resumed.FunctionID)
	}
	if _, err := deploy.PauseSchedule(ctx, w.client, schedule.ID); !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := deploy.RefreshSchedule(ctx, w.client, schedule.ID); !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	w, fn := scheduling(t)
	ctx := t.Context()
	ids := map[string]int64{}
	for _, name := range []string{"active", "revoked", "once", "lost", "gone", "new"} {
		var opts []functions.SessionOption
		if name == "once" {
			opts = append(opts, functions.WithSession(functions.SessionOneshotTokenExchange()))
		}
		ids[name] = mustGet[*functions.Schedule](t)(w.quiet.Schedules.Create(ctx, fn, functions.ScheduleWrite{Name: name, CronExpression: "0 0 29 2 *"}, opts...)).ID
	}
	all := mustGet[[]deploy.ScheduleHealth](t)(deploy.Health(ctx, w.quiet, functions.SchedulesFilter{Function: fn}))
	sessions := map[string]string{}
	for _, h := range all {
		sessions[h.Schedule.Name] = h.Schedule.Session()
	}
	var revoked int64
	_, err := fmt.Sscan(sessions["revoked"], &revoked)
	must(t, err)
	if _, err := w.quiet.Sessions.Revoke(ctx, revoked); err != nil {
		t.Fatal(err)
	}
	w.gate.edit = func(name string, body []byte) []byte {
		text := string(body)
		switch name {
		case "list schedules": // a session that the service has forgotten
			text = strings.Replace(text, `"sessionId":`+sessions["gone"], `"sessionId":17`, 1)
		case "read session":
			var list struct {
				Items []map[string]any `json:"items"`
			}
			decoder := json.NewDecoder(strings.NewReader(text))
			decoder.UseNumber()
			if decoder.Decode(&list) != nil || list.Items == nil {
				return body
			}
			for _, item := range list.Items {
				switch fmt.Sprint(item["id"]) {
				case sessions["lost"]:
					item["status"] = "ACCESS_LOST"
				case sessions["new"]:
					item["status"] = "SLEEPING"
				}
			}
			return mustGet[[]byte](t)(json.Marshal(list))
		}
		return []byte(text)
	}
	want := map[string]string{
		"active":  "good: the session # is ACTIVE",
		"revoked": "broken: the session # is REVOKED, so that every call fails; refresh the schedule",
		"once":    "ending: the session # cannot be renewed and ends within the hour; refresh the schedule with client credentials",
		"lost":    "broken: the session # is ACCESS_LOST, so that every call fails; refresh the schedule",
		"gone":    "unknown: the session 17 is not known to the service; if calls fail, refresh the schedule",
		"new":     `unknown: the session # has the status "SLEEPING", which this version does not know`,
	}
	if diff := cmp.Diff(want, w.health(fn, sessions)); diff != "" {
		t.Errorf("health (-want +got):\n%s", diff)
	}
	fresh := mustGet[*functions.Schedule](t)(deploy.RefreshSchedule(ctx, w.client, ids["revoked"]))
	if got := w.health(fn, map[string]string{"revoked": fresh.Session()})["revoked"]; got != "good: the session # is ACTIVE" {
		t.Errorf("after refreshing: %s", got)
	}
}

// health tells how the schedules are, with "#" for the sessions' ids.
func (w *world) health(fn functions.Identifier, sessions map[string]string) map[string]string {
	w.t.Helper()
	shown := map[string]string{}
	for _, h := range mustGet[[]deploy.ScheduleHealth](w.t)(deploy.Health(w.t.Context(), w.client, functions.SchedulesFilter{Function: fn})) {
		name := h.Schedule.Name
		shown[name] = fmt.Sprintf("%s: %s", h.State, strings.Replace(h.Text, sessions[name], "#", 1))
	}
	return shown
}

func TestHealthWithoutRights(t *testing.T) {
	t.Parallel()
	w, fn := scheduling(t)
	mustGet[*functions.Schedule](t)(w.quiet.Schedules.Create(t.Context(), fn, nightly()))
	w.gate.edit = func(name string, body []byte) []byte {
		if name == "read session" {
			return []byte(`{"items":[{"id":` + w.scheduleList(fn)[0].Session() + `}]}`)
		}
		return body
	}
	want := map[string]string{"nightly": "unknown: the service shows no status; ask for the capability sessionsAcl:LIST"}
	if diff := cmp.Diff(want, w.health(fn, map[string]string{"nightly": "#"})); diff != "" {
		t.Errorf("ids alone (-want +got):\n%s", diff)
	}
	forbidding := w.connect(func(next functions.Doer) functions.Doer {
		return doer(func(req *http.Request) (*http.Response, error) {
			if nameOf(req) == "read session" {
				return reply(http.StatusForbidden, `{"error":{"code":403,"message":"no"}}`), nil
			}
			return next.Do(req)
		})
	})
	all := mustGet[[]deploy.ScheduleHealth](t)(deploy.Health(t.Context(), forbidding, functions.SchedulesFilter{}))
	if len(all) != 1 || all[0].State != deploy.HealthUnknown || !strings.Contains(all[0].Text, "sessionsAcl:LIST") {
		t.Errorf("forbidden: %+v", all)
	}
	w.gate.edit = nil
	w.gate.at("read session", 1, refuse)
	if _, err := deploy.Health(t.Context(), w.client, functions.SchedulesFilter{}); err == nil {
		t.Error("another refusal was taken for health")
	}
	if none, err := deploy.Health(t.Context(), w.client, functions.SchedulesFilter{Name: "nobody"}); err != nil || len(none) != 0 {
		t.Errorf("got %v, %v", none, err)
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

func TestUpsertDeletesDoubles(t *testing.T) {
	t.Parallel()
	w, fn := scheduling(t)
	for range 3 {
		mustGet[*functions.Schedule](t)(w.quiet.Schedules.Create(t.Context(), fn, nightly()))
	}
	all := w.scheduleList(fn)
	kept, action, err := deploy.UpsertSchedule(t.Context(), w.client, fn, nightly())
	if must(t, err); action != deploy.Replace || !slices.Contains(all.IDs(), kept.ID) || len(w.scheduleList(fn)) != 1 {
		t.Errorf("got %s, kept %d of %v", action, kept.ID, all.IDs())
	}
}
