package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// function returns the function with an external id.
func (c *testClient) function(externalID string) *gen.Function {
	c.t.Helper()
	list, err := c.ListFunctions(c.t.Context(), gen.FunctionListRequest{Filter: &gen.FunctionFilter{ExternalIDPrefix: &externalID}})
	if err != nil || len(list.Items) != 1 {
		c.t.Fatalf("functions with the external id %s: %+v, error %v", externalID, list, err)
	}
	return &list.Items[0]
}

// schedule creates a schedule of the function with the external id "f".
func (c *testClient) schedule(expression string) *gen.FunctionSchedule {
	c.t.Helper()
	return c.createSchedule(gen.FunctionScheduleWrite{Name: expression, CronExpression: expression, FunctionID: c.function("f").ID})
}

// monday is midnight at the start of a Monday.
var monday = time.Date(2030, time.July, 1, 0, 0, 0, 0, time.UTC)

// runAt starts an emulator whose clock is frozen at a time.
func runAt(tb testing.TB, now time.Time, options emulator.Options) *testClient {
	tb.Helper()
	c := run(tb, options)
	c.Freeze()
	c.SetTime(now)
	return c
}

// times formats the scheduled times of calls.
func times(calls []emulator.CallRecord) []string {
	var all []string
	for _, call := range calls {
		all = append(all, call.ScheduledTime.Format("Mon 15:04"))
	}
	return all
}

func TestAdvanceMakesCallsOfSchedules(t *testing.T) {
	t.Parallel()
	var order []string
	c := runAt(t, monday, emulator.Options{Handlers: map[string]emulator.Handler{
		"f": func(_ context.Context, call *emulator.Call) (any, error) {
			now := call.Now().UTC().Format("Mon 15:04:05")
			order = append(order, now)
			call.Print("it is ", now)
			if call.Now().Hour() == 12 {
				return nil, errors.New("lunch")
			}
			return now, nil
		},
	}})
	c.schedule("0 */6 * * *")
	c.schedule("0 7 * * TUE")
	calls := c.Advance(36 * time.Hour)
	want := []string{"Mon 06:00", "Mon 12:00", "Mon 18:00", "Tue 00:00", "Tue 06:00", "Tue 07:00", "Tue 12:00"}
	if diff := cmp.Diff(want, times(calls)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	for i, call := range calls {
		at := want[i] + ":00"
		wantCall := emulator.CallRecord{
			ID: call.ID, FunctionID: c.function("f").ID, Status: gen.FunctionCallStatusCompleted, StartTime: call.ScheduledTime,
			EndTime: call.ScheduledTime, ScheduleID: call.ScheduleID, ScheduledTime: call.ScheduledTime,
			Response: fmt.Appendf(nil, "%q", at), Log: []string{"it is " + at},
		}
		if strings.Contains(at, "12:00:00") {
			wantCall.Status, wantCall.Response, wantCall.Error = gen.FunctionCallStatusFailed, nil, "lunch"
		}
		if diff := cmp.Diff(wantCall, call); diff != "" || order[i] != at {
			t.Errorf("call %d, made at %s (-want +got):\n%s", i, order[i], diff)
		}
	}
	if now := c.Now(); !now.Equal(monday.Add(36 * time.Hour)) {
		t.Errorf("the clock shows %v after the advance", now)
	}
	if diff := cmp.Diff(calls, c.Calls("f")); diff != "" {
		t.Errorf("calls of the function (-want +got):\n%s", diff)
	}
}

func TestAdvanceForAYear(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{Handlers: map[string]emulator.Handler{"f": noop}})
	c.schedule("0 * * * *")
	calls := c.Advance(365 * 24 * time.Hour)
	if len(calls) != 365*24 || calls[0].Status != gen.FunctionCallStatusCompleted {
		t.Errorf("%d calls, the first is %+v, want %d completed calls", len(calls), calls[0], 365*24)
	}
	if left := len(c.Calls("f")); left < 90*24 || left > 91*24 {
		t.Errorf("%d calls are stored, want those of 90 days", left)
	}
}

func TestSetTimeSkipsSchedules(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{Handlers: map[string]emulator.Handler{"f": noop}})
	c.schedule("0 7 * * *")
	c.SetTime(monday.Add(100 * time.Hour))
	if calls := c.Calls("f"); len(calls) != 0 {
		t.Errorf("setting the clock made %d calls", len(calls))
	}
	if diff := cmp.Diff([]string{"Fri 07:00", "Sat 07:00"}, times(c.Advance(48*time.Hour))); diff != "" {
		t.Errorf("calls after setting the clock forward (-want +got):\n%s", diff)
	}
	c.SetTime(monday.Add(-time.Hour))
	if diff := cmp.Diff([]string{"Mon 07:00"}, times(c.Advance(24*time.Hour))); diff != "" {
		t.Errorf("calls after setting the clock back (-want +got):\n%s", diff)
	}
}

func TestClockRunsAfterAdvance(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	c.Advance(24 * time.Hour)
	first := c.Now()
	if ahead := time.Until(first); ahead < 23*time.Hour || ahead > 25*time.Hour {
		t.Errorf("the clock is %v ahead, want 24 hours", ahead)
	}
	waitFor(t, "the clock to run", func() (bool, bool) { return true, c.Now().After(first) })
	c.Freeze()
	frozen := c.Now()
	if c.Advance(time.Minute); c.Now().Sub(frozen) != time.Minute {
		t.Errorf("the frozen clock advanced by %v, want a minute", c.Now().Sub(frozen))
	}
	c.Unfreeze()
	waitFor(t, "the clock to run again", func() (bool, bool) { return true, c.Now().After(frozen.Add(time.Minute)) })
}

func TestLifetimesFollowTheClock(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{
		Handlers: map[string]emulator.Handler{"f": noop}, Clients: map[string]string{"id": "secret"}, TokenLifetime: time.Hour,
	})
	_, token := c.token("grant_type=client_credentials&client_id=id&client_secret=secret", http.Header{})
	header := http.Header{"Authorization": {fmt.Sprint("Bearer ", token["access_token"])}}
	send := func(path, body string) (int, string) {
		response, text := c.send(http.MethodPost, c.URL()+"/api/v1/projects/emulator"+path, body, header)
		return response.StatusCode, text
	}
	session := func() string {
		_, body := send("/sessions", `{"items":[{"tokenExchange":true}]}`)
		_, nonce, _ := strings.Cut(body, `"nonce":"`)
		nonce, _, _ = strings.Cut(nonce, `"`)
		return nonce
	}
	_, list := send("/functions/list", "{}")
	_, id, _ := strings.Cut(list, `"id":`)
	id, _, _ = strings.Cut(id, ",")
	call := func(nonce string) int {
		status, _ := send("/functions/"+id+"/call", fmt.Sprintf(`{"nonce":%q}`, nonce))
		return status
	}
	valid, expired := session(), session()
	c.Advance(time.Minute - time.Millisecond)
	if status := call(valid); status != http.StatusCreated {
		t.Errorf("a call with a nonce just before its expiry: status %d", status)
	}
	c.Advance(time.Millisecond)
	if status := call(expired); status != http.StatusBadRequest {
		t.Errorf("a call with an expired nonce: status %d", status)
	}
	c.Advance(59 * time.Minute)
	if status, _ := send("/functions/list", "{}"); status != http.StatusUnauthorized {
		t.Errorf("a request with an expired token: status %d", status)
	}
}

func TestTimeoutFollowsTheClock(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{Handlers: map[string]emulator.Handler{
		"sleeps": func(ctx context.Context, call *emulator.Call) (any, error) {
			call.Print("sleeping")
			return "slept", call.Sleep(ctx, 8*time.Minute)
		},
		"too long": func(ctx context.Context, call *emulator.Call) (any, error) {
			return nil, call.Sleep(ctx, time.Hour)
		},
		"blocks": func(ctx context.Context, _ *emulator.Call) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}})
	for name, want := range map[string]struct {
		status gen.FunctionCallStatus
		took   time.Duration
	}{
		"sleeps":   {gen.FunctionCallStatusCompleted, 8 * time.Minute},
		"too long": {gen.FunctionCallStatusTimeout, 9 * time.Minute},
		"blocks":   {gen.FunctionCallStatusTimeout, 9 * time.Minute},
	} {
		c.call(c.function(name).ID, "")
		c.Advance(7 * time.Minute)
		if running := c.Calls(name)[0]; running.Status != gen.FunctionCallStatusRunning {
			t.Errorf("%s: status %s after 7 minutes, want Running", name, running.Status)
		}
		c.Advance(3 * time.Minute)
		ended := c.Calls(name)[0]
		if ended.Status != want.status || ended.EndTime.Sub(ended.StartTime) != want.took {
			t.Errorf("%s: %+v, want it %s after %v", name, ended, want.status, want.took)
		}
	}
}

func TestAdvancePanics(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	defer func() {
		if reason := fmt.Sprint(recover()); !strings.Contains(reason, "negative") {
			t.Errorf("Advance(-1) panics with %q, want a reason", reason)
		}
	}()
	c.Advance(-1)
}
