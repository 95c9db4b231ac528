package emulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// blocker is a handler that blocks until release is closed.
type blocker struct {
	started chan int64 // receives the id of each call
	release chan struct{}
}

func newBlocker() *blocker { return &blocker{make(chan int64, 100), make(chan struct{})} }

func (b *blocker) handle(ctx context.Context, call *emulator.Call) (any, error) {
	call.Print("before")
	b.started <- call.ID
	select {
	case <-b.release:
		call.Print("after")
		return "released", nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// options returns options in which the handler of the function "block" is b.
func (b *blocker) options() emulator.Options {
	return emulator.Options{Overrides: map[string]emulator.Handler{"block": b.handle}}
}

func TestRunningCall(t *testing.T) {
	t.Parallel()
	b := newBlocker()
	c := run(t, b.options())
	f := c.deploy(gen.FunctionWrite{Name: "block"})
	call := c.call(f.ID, "")
	if call.Status != gen.FunctionCallStatusRunning || call.EndTime != nil || call.Error != nil || call.ScheduleID != nil {
		t.Errorf("new call: %+v, want it Running", call)
	}
	<-b.started
	if diff := cmp.Diff([]string{"before"}, c.logs(call)); diff != "" {
		t.Errorf("log of the running call (-want +got):\n%s", diff)
	}
	if response := c.response(call); response != "" {
		t.Errorf("response of the running call: %s, want none", response)
	}
	close(b.release)
	ended := c.waitForCall(f.ID, call.ID)
	if *ended.EndTime < ended.StartTime {
		t.Errorf("the call ended before it started: %+v", ended)
	}
	if diff := cmp.Diff([]string{"before", "after"}, c.logs(call)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if response := c.response(call); response != `"released"` {
		t.Errorf("response %s, want \"released\"", response)
	}
}

func TestTooManyCalls(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limits  emulator.Limits
		message string
	}{
		"per function": {emulator.Limits{RunningCallsPerFunction: 2}, "Function exceeded maximum number='2'"},
		"per project":  {emulator.Limits{RunningCalls: 2}, "Project exceeded maximum number='2'"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBlocker()
			options := b.options()
			options.Limits = tt.limits
			c := run(t, options)
			f := c.deploy(gen.FunctionWrite{Name: "block"})
			c.call(f.ID, "")
			c.call(f.ID, "")
			path, body := fmt.Sprintf("/functions/%d/call", f.ID), fmt.Sprintf(`{"nonce":%q}`, c.nonce())
			c.wantError(http.MethodPost, path, body, errorResponse{Status: 429, Message: tt.message})
			if response, _ := c.request(http.MethodPost, path, body); response.Header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After is %q, want 1", response.Header.Get("Retry-After"))
			}
			close(b.release)
			<-b.started
			<-b.started
			waitFor(t, "the end of a call", func() (bool, bool) { // the rejected call did not use its nonce
				response, _ := c.request(http.MethodPost, path, body)
				return true, response.StatusCode == http.StatusCreated
			})
		})
	}
}

func TestCallOutcomes(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{
		Limits: emulator.Limits{CallTimeout: 50 * time.Millisecond, ResponseBytes: 100, DataBytes: 60},
		Overrides: map[string]emulator.Handler{
			"timeout": func(ctx context.Context, call *emulator.Call) (any, error) {
				<-ctx.Done()
				call.Print("out of time")
				return nil, ctx.Err()
			},
			"large": func(context.Context, *emulator.Call) (any, error) { return strings.Repeat("x", 99), nil },
			"error": func(context.Context, *emulator.Call) (any, error) { return nil, errors.New("inner\nouter") },
			"max":   func(context.Context, *emulator.Call) (any, error) { return strings.Repeat("x", 98), nil },
			"echo":  func(_ context.Context, call *emulator.Call) (any, error) { return call.Data, nil },
		},
	})
	for name, tt := range map[string]struct {
		status  gen.FunctionCallStatus
		message string
		log     []string
	}{
		"timeout": {gen.FunctionCallStatusTimeout, "50ms", []string{"out of time"}},
		"large":   {gen.FunctionCallStatusFailed, "101 bytes, the limit is 100", []string{}},
		"error":   {gen.FunctionCallStatusFailed, "inner\nouter", []string{}},
		"max":     {gen.FunctionCallStatusCompleted, "", []string{}},
	} {
		call := c.callAndWait(c.deploy(gen.FunctionWrite{Name: name}).ID, "")
		if call.Status != tt.status {
			t.Errorf("%s: status %s, want %s", name, call.Status, tt.status)
		}
		if diff := cmp.Diff(tt.log, c.logs(call)); diff != "" {
			t.Errorf("%s: log (-want +got):\n%s", name, diff)
		}
		if tt.message == "" {
			continue
		}
		if message, _ := callError(t, call); !strings.Contains(message, tt.message) {
			t.Errorf("%s: message %q, want it to contain %q", name, message, tt.message)
		}
		if response := c.response(call); response != "" {
			t.Errorf("%s: response %s, want none", name, response)
		}
	}
	f := c.deploy(gen.FunctionWrite{Name: "echo"})
	if response := c.response(c.callAndWait(f.ID, "")); response != "{}" {
		t.Errorf("data of a call without data: %s, want {}", response)
	}
	if response := c.response(c.callAndWait(f.ID, `{"big":12345678901234567890,"a":"<&>"}`)); response != `{"big":12345678901234567890,"a":"\u003c\u0026\u003e"}` {
		t.Errorf("data: %s", response)
	}
	c.wantError(http.MethodPost, fmt.Sprintf("/functions/%d/call", f.ID), fmt.Sprintf(`{"nonce":"n","data":{"k":%q}}`, strings.Repeat("x", 54)),
		errorResponse{Status: 400, Message: "62 bytes, the limit is 60"})
}

func TestListCalls(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Overrides: map[string]emulator.Handler{
		"f": func(_ context.Context, call *emulator.Call) (any, error) {
			var in struct{ Fail bool }
			if err := json.Unmarshal(call.Data, &in); err != nil || in.Fail {
				return nil, errors.New("as requested")
			}
			return nil, nil
		},
	}})
	f := c.deploy(gen.FunctionWrite{Name: "f"})
	var all, failed []int64 // newest first
	for i := range 7 {
		call := c.callAndWait(f.ID, fmt.Sprintf(`{"fail":%t}`, i%2 == 0))
		all = slices.Insert(all, 0, call.ID)
		if i%2 == 0 {
			failed = slices.Insert(failed, 0, call.ID)
		}
	}
	status, future := gen.FunctionCallStatusFailed, new(time.Now().Add(time.Hour).UnixMilli())
	for _, tt := range []struct {
		name   string
		filter *gen.FunctionCallFilter
		want   []int64
	}{
		{"status", &gen.FunctionCallFilter{Status: &status}, failed},
		{"schedule", &gen.FunctionCallFilter{ScheduleID: new(int64(1))}, nil},
		{"start in the future", &gen.FunctionCallFilter{StartTime: &gen.TimestampRange{Min: future}}, nil},
		{"end before a future time", &gen.FunctionCallFilter{EndTime: &gen.TimestampRange{Max: future}}, all},
		{"all", nil, all}, // must be last, because it adds calls
	} {
		request := gen.FunctionCallListRequest{Filter: tt.filter, Limit: new(int32(2))}
		var found []int64
		for {
			page, err := c.ListFunctionCalls(t.Context(), f.ID, request)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range page.Items {
				found = append(found, call.ID)
			}
			if request.Cursor = page.NextCursor; page.NextCursor == nil {
				break
			}
			if tt.name == "all" {
				c.callAndWait(f.ID, "") // must not shift the pages
			}
		}
		if diff := cmp.Diff(tt.want, found); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	unfiltered, err := c.GetFunctionCalls(t.Context(), f.ID, &gen.GetFunctionCallsParams{Limit: new(int64(1))})
	if err != nil || len(unfiltered.Items) != 1 || unfiltered.NextCursor == nil {
		t.Errorf("GET calls: %+v, error %v, want one call and a cursor", unfiltered, err)
	}
	c.wantError(http.MethodPost, fmt.Sprintf("/functions/%d/calls/list", f.ID), `{"cursor":"###"}`, errorResponse{Status: 400, Message: "cursor"})
}

func TestRetrieveCalls(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("f", "g"))
	f, g := c.deploy(gen.FunctionWrite{Name: "f"}), c.deploy(gen.FunctionWrite{Name: "g"})
	first, second, other := c.callAndWait(f.ID, "").ID, c.callAndWait(f.ID, "").ID, c.callAndWait(g.ID, "").ID
	path := fmt.Sprintf("/functions/%d/calls", f.ID)
	items := fmt.Sprintf(`{"items":[{"id":%d},{"id":%d},{"id":%d}]`, second, other, first)
	unknown := errorResponse{Status: 400, Message: "call not found", Missing: []map[string]any{{"id": float64(other)}}}
	c.wantError(http.MethodPost, path+"/byids", items+"}", unknown)
	for _, end := range []string{"", "/logs", "/response"} {
		c.wantError(http.MethodGet, fmt.Sprintf("%s/%d%s", path, other, end), "", unknown)
	}
	found, err := c.ByIDsFunctionCalls(t.Context(), f.ID, gen.FunctionCallByIDsRequest{
		Items: []gen.FunctionCallReference{{ID: second}, {ID: other}, {ID: first}}, IgnoreUnknownIDs: new(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	if calls := found.Items; len(calls) != 2 || calls[0].ID != second || calls[1].ID != first {
		t.Errorf("byids: %+v, want the calls %d and %d", found, second, first)
	}
	c.wantError(http.MethodPost, "/functions/9/call", `{"nonce":"n"}`, errorResponse{Status: 400, Message: "function not found", Missing: []map[string]any{{"id": 9.0}}})
}

func TestDeleteFunctionStopsCalls(t *testing.T) {
	t.Parallel()
	stopped := make(chan error, 1)
	c := run(t, emulator.Options{Overrides: map[string]emulator.Handler{
		"f": func(ctx context.Context, _ *emulator.Call) (any, error) {
			<-ctx.Done()
			stopped <- context.Cause(ctx)
			return nil, ctx.Err()
		},
	}})
	f := c.deploy(gen.FunctionWrite{Name: "f"})
	c.call(f.ID, "")
	c.request(http.MethodPost, "/functions/delete", fmt.Sprintf(`{"items":[{"id":%d}]}`, f.ID))
	select {
	case err := <-stopped:
		if !strings.Contains(err.Error(), "deleted") {
			t.Errorf("cause of the stop: %v, want the deletion", err)
		}
	case <-time.After(testTimeout):
		t.Error("the call was not stopped")
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("f"))
	f := c.deploy(gen.FunctionWrite{Name: "f", ExternalID: new("ext")})
	respond := func(response string) emulator.Handler {
		return func(context.Context, *emulator.Call) (any, error) { return response, nil }
	}
	c.Override("f", respond("by name"))
	if response := c.response(c.callAndWait(f.ID, "")); response != `"by name"` {
		t.Errorf("response %s, want that of the handler for the name", response)
	}
	c.Override("ext", respond("by external id"))
	if response := c.response(c.callAndWait(f.ID, "")); response != `"by external id"` {
		t.Errorf("response %s, want that of the handler for the external id", response)
	}
}

func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Overrides: map[string]emulator.Handler{
		"f": func(_ context.Context, call *emulator.Call) (any, error) {
			for i := range 20 {
				call.Printf("%d-%d", call.ID, i)
			}
			return call.ID, nil
		},
	}})
	f := c.deploy(gen.FunctionWrite{Name: "f"})
	ids := make(chan int64, 20)
	for range cap(ids) {
		go func() { ids <- c.callAndWait(f.ID, "").ID }()
	}
	for range cap(ids) {
		id := <-ids
		call := c.waitForCall(f.ID, id)
		if response := c.response(call); response != strconv.FormatInt(id, 10) {
			t.Errorf("call %d: response %s", id, response)
		}
		lines := c.logs(call)
		if len(lines) != 20 || lines[19] != fmt.Sprintf("%d-19", id) {
			t.Errorf("call %d: log %v", id, lines)
		}
	}
}
