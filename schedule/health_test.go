package schedule_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/schedule"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestCheckHealth(t *testing.T) {
	t.Parallel()
	p, fn := startProject(t)
	ctx := t.Context()
	ids, sessions := map[string]int64{}, map[string]string{}
	for _, name := range []string{"active", "revoked", "one-shot", "lost", "missing", "new status"} {
		var opts []functions.SessionOption
		if name == "one-shot" {
			opts = append(opts, functions.WithSession(functions.SessionOneshotTokenExchange()))
		}
		write := functions.ScheduleWrite{Name: name, CronExpression: "0 0 29 2 *"}
		ids[name] = faults.Must[*functions.Schedule](t)(p.Direct.Schedules.Create(ctx, fn, write, opts...)).ID
	}
	for _, s := range p.Schedules(fn) {
		sessions[s.Name] = s.Session()
	}
	var revoked int64
	_, err := fmt.Sscan(sessions["revoked"], &revoked)
	faults.NoError(t, err)
	if _, err := p.Direct.Sessions.Revoke(ctx, []int64{revoked}); err != nil {
		t.Fatal(err)
	}
	p.Faults.Edit = func(name string, body []byte) []byte {
		switch name {
		case "list schedules":
			return []byte(strings.Replace(string(body), `"sessionId":`+sessions["missing"], `"sessionId":17`, 1))
		case "read session":
			return setStatus(t, body, map[string]string{sessions["lost"]: "ACCESS_LOST", sessions["new status"]: "SLEEPING"})
		}
		return body
	}
	want := map[string]string{
		"active":     "good: session # is ACTIVE",
		"revoked":    "broken: session # is REVOKED, so every call fails; refresh the schedule",
		"one-shot":   "ending: session # cannot be renewed and ends within one hour; refresh the schedule with client credentials",
		"lost":       "broken: session # is ACCESS_LOST, so every call fails; refresh the schedule",
		"missing":    "unknown: session 17 was not found; if calls fail, refresh the schedule",
		"new status": `unknown: session # has the unknown status "SLEEPING"`,
	}
	if diff := cmp.Diff(want, healthTexts(t, p, fn, sessions)); diff != "" {
		t.Errorf("health (-want +got):\n%s", diff)
	}
	refreshed := faults.Must[*functions.Schedule](t)(schedule.Refresh(ctx, p.Client, ids["revoked"]))
	got := healthTexts(t, p, fn, map[string]string{"revoked": refreshed.Session()})["revoked"]
	if want := "good: session # is ACTIVE"; got != want {
		t.Errorf("after Refresh: got %q, want %q", got, want)
	}
}

// setStatus sets the status of sessions in a response.
func setStatus(t *testing.T, body []byte, statuses map[string]string) []byte {
	t.Helper()
	var list struct {
		Items []map[string]any `json:"items"`
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if decoder.Decode(&list) != nil || list.Items == nil {
		return body // an error
	}
	for _, item := range list.Items {
		if status, ok := statuses[fmt.Sprint(item["id"])]; ok {
			item["status"] = status
		}
	}
	return faults.Must[[]byte](t)(json.Marshal(list))
}

// healthTexts returns state and text of each schedule by name, with "#" instead of the session's id.
func healthTexts(t *testing.T, p *faults.Project, fn functions.Identifier, sessions map[string]string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	filter := functions.SchedulesFilter{Function: fn}
	for _, h := range faults.Must[[]schedule.Health](t)(schedule.CheckHealth(t.Context(), p.Client, filter)) {
		name := h.Schedule.Name
		texts[name] = fmt.Sprintf("%s: %s", h.State, strings.Replace(h.Text, sessions[name], "#", 1))
	}
	return texts
}

func TestCheckHealthWithoutCapability(t *testing.T) {
	t.Parallel()
	p, fn := startProject(t)
	faults.Must[*functions.Schedule](t)(p.Direct.Schedules.Create(t.Context(), fn, nightly()))
	p.Faults.Edit = func(name string, body []byte) []byte {
		if name == "read session" {
			return []byte(`{"items":[{"id":` + p.Schedules(fn)[0].Session() + `}]}`)
		}
		return body
	}
	got := healthTexts(t, p, fn, map[string]string{"nightly": "#"})["nightly"]
	if !strings.HasPrefix(got, "unknown: ") || !strings.Contains(got, "sessionsAcl:LIST") {
		t.Errorf("sessions with only an id: got %q", got)
	}
	forbidden := p.Connect(func(next functions.Doer) functions.Doer {
		return faults.DoerFunc(func(req *http.Request) (*http.Response, error) {
			if faults.RequestName(req) == "read session" {
				return faults.Response(http.StatusForbidden, `{"error":{"code":403,"message":"no"}}`), nil
			}
			return next.Do(req)
		})
	})
	all := faults.Must[[]schedule.Health](t)(schedule.CheckHealth(t.Context(), forbidden, functions.SchedulesFilter{}))
	if len(all) != 1 || all[0].State != schedule.Unknown || !strings.Contains(all[0].Text, "sessionsAcl:LIST") {
		t.Errorf("status 403: got %+v", all)
	}
	p.Faults.Edit = nil
	p.Faults.Inject("read session", 1, faults.Reject)
	if _, err := schedule.CheckHealth(t.Context(), p.Client, functions.SchedulesFilter{}); err == nil {
		t.Error("status 400: got no error")
	}
	if none, err := schedule.CheckHealth(t.Context(), p.Client, functions.SchedulesFilter{Name: "missing"}); err != nil || len(none) != 0 {
		t.Errorf("no schedules: got %v, %v", none, err)
	}
}
