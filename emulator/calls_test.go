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

// gate is a handler that says that it began, waits until it is let go, and prints around that.
type gate struct {
	began chan int64
	open  chan struct{}
}

func newGate() *gate { return &gate{make(chan int64, 100), make(chan struct{})} }

func (g *gate) handle(ctx context.Context, call *emulator.Call) (any, error) {
	call.Print("before")
	g.began <- call.ID
	select {
	case <-g.open:
		call.Print("after")
		return "through", nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (g *gate) options() emulator.Options {
	return emulator.Options{Handlers: map[string]emulator.Handler{"gate": g.handle}}
}

func TestRunningCall(t *testing.T) {
	t.Parallel()
	g := newGate()
	h := run(t, g.options())
	f := h.deploy(gen.FunctionWrite{Name: "gate"})
	call := h.call(f.ID, "")
	if call.Status != gen.FunctionCallStatusRunning || call.EndTime != nil || call.Error != nil || call.ScheduleID != nil {
		t.Errorf("a new call is %+v", call)
	}
	<-g.began
	if diff := cmp.Diff([]string{"before"}, h.logs(call)); diff != "" {
		t.Errorf("log while it runs (-want +got):\n%s", diff)
	}
	if response := h.response(call); response != "" {
		t.Errorf("response %s while it runs", response)
	}
	close(g.open)
	ended := h.ended(f.ID, call.ID)
	if *ended.EndTime < ended.StartTime {
		t.Errorf("the call ended before it started: %+v", ended)
	}
	if diff := cmp.Diff([]string{"before", "after"}, h.logs(call)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if response := h.response(call); response != `"through"` {
		t.Errorf("response %s", response)
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
			g := newGate()
			options := g.options()
			options.Limits = tt.limits
			h := run(t, options)
			f := h.deploy(gen.FunctionWrite{Name: "gate"})
			h.call(f.ID, "")
			h.call(f.ID, "")
			path, body := fmt.Sprintf("/functions/%d/call", f.ID), fmt.Sprintf(`{"nonce":%q}`, h.nonce())
			h.refused(http.MethodPost, path, body, refusal{Status: 429, Message: tt.message})
			if response, _ := h.raw(http.MethodPost, path, body); response.Header.Get("Retry-After") != "1" {
				t.Errorf("Retry-After is %q, want 1", response.Header.Get("Retry-After"))
			}
			close(g.open)
			<-g.began
			<-g.began
			await(t, "a free place", func() (bool, bool) { // the refused call has left its nonce unused
				response, _ := h.raw(http.MethodPost, path, body)
				return true, response.StatusCode == http.StatusCreated
			})
		})
	}
}

func TestCallsThatEndBadly(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{
		Limits: emulator.Limits{CallTimeout: 50 * time.Millisecond, ResponseBytes: 100, DataBytes: 60},
		Handlers: map[string]emulator.Handler{
			"waits": func(ctx context.Context, call *emulator.Call) (any, error) {
				<-ctx.Done()
				call.Print("out of time")
				return nil, ctx.Err()
			},
			"talks":  func(context.Context, *emulator.Call) (any, error) { return strings.Repeat("x", 99), nil },
			"wraps":  func(context.Context, *emulator.Call) (any, error) { return nil, errors.New("inner\nouter") },
			"exact":  func(context.Context, *emulator.Call) (any, error) { return strings.Repeat("x", 98), nil },
			"echoes": func(_ context.Context, call *emulator.Call) (any, error) { return call.Data, nil },
		},
	})
	for name, tt := range map[string]struct {
		status  gen.FunctionCallStatus
		message string
		log     []string
	}{
		"waits": {gen.FunctionCallStatusTimeout, "the call did not end within 50ms", []string{"out of time"}},
		"talks": {gen.FunctionCallStatusFailed, "the response has 101 bytes, the limit is 100: return less, or put the result into a file", []string{}},
		"wraps": {gen.FunctionCallStatusFailed, "inner\nouter", []string{}},
		"exact": {gen.FunctionCallStatusCompleted, "", []string{}},
	} {
		call := h.called(h.deploy(gen.FunctionWrite{Name: name}).ID, "")
		if call.Status != tt.status {
			t.Errorf("%s: status %s, want %s", name, call.Status, tt.status)
		}
		if diff := cmp.Diff(tt.log, h.logs(call)); diff != "" {
			t.Errorf("%s: log (-want +got):\n%s", name, diff)
		}
		if tt.message == "" {
			continue
		}
		if message, _ := failure(t, call); message != tt.message {
			t.Errorf("%s: message %q, want %q", name, message, tt.message)
		}
		if response := h.response(call); response != "" {
			t.Errorf("%s: response %s", name, response)
		}
	}
	f := h.deploy(gen.FunctionWrite{Name: "echoes"})
	if response := h.response(h.called(f.ID, "")); response != "{}" {
		t.Errorf("without data the function gets %s, want {}", response)
	}
	if response := h.response(h.called(f.ID, `{"big":12345678901234567890,"a":"<&>"}`)); response != `{"big":12345678901234567890,"a":"\u003c\u0026\u003e"}` {
		t.Errorf("data came back as %s", response)
	}
	h.refused(http.MethodPost, fmt.Sprintf("/functions/%d/call", f.ID), fmt.Sprintf(`{"nonce":"n","data":{"k":%q}}`, strings.Repeat("x", 54)),
		refusal{Status: 400, Message: "the data has 62 bytes, the limit is 60"})
}

func TestPagesOfCalls(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{Handlers: map[string]emulator.Handler{
		"f": func(_ context.Context, call *emulator.Call) (any, error) {
			var in struct{ Fail bool }
			if err := json.Unmarshal(call.Data, &in); err != nil || in.Fail {
				return nil, errors.New("as wished")
			}
			return nil, nil
		},
	}})
	f := h.deploy(gen.FunctionWrite{Name: "f"})
	var all, failed []int64 // newest first
	for i := range 7 {
		call := h.called(f.ID, fmt.Sprintf(`{"fail":%t}`, i%2 == 0))
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
		{"start too new", &gen.FunctionCallFilter{StartTime: &gen.TimestampRange{Min: future}}, nil},
		{"end in time", &gen.FunctionCallFilter{EndTime: &gen.TimestampRange{Max: future}}, all},
		{"all", nil, all}, // the last one, as it makes more calls
	} {
		request := gen.FunctionCallListRequest{Filter: tt.filter, Limit: new(int32(2))}
		var found []int64
		for {
			page, err := h.ListFunctionCalls(t.Context(), f.ID, request)
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
				h.called(f.ID, "") // does not shift the pages
			}
		}
		if diff := cmp.Diff(tt.want, found); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	plain, err := h.GetFunctionCalls(t.Context(), f.ID, &gen.GetFunctionCallsParams{Limit: new(int64(1))})
	if err != nil || len(plain.Items) != 1 || plain.NextCursor == nil {
		t.Errorf("the plain list answers %+v (%v)", plain, err)
	}
	h.refused(http.MethodPost, fmt.Sprintf("/functions/%d/calls/list", f.ID), `{"cursor":"###"}`, refusal{Status: 400, Message: "the cursor is not valid"})
}

func TestRetrieveCalls(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("f", "g"))
	f, g := h.deploy(gen.FunctionWrite{Name: "f"}), h.deploy(gen.FunctionWrite{Name: "g"})
	one, two, foreign := h.called(f.ID, "").ID, h.called(f.ID, "").ID, h.called(g.ID, "").ID
	path := fmt.Sprintf("/functions/%d/calls", f.ID)
	items := fmt.Sprintf(`{"items":[{"id":%d},{"id":%d},{"id":%d}]`, two, foreign, one)
	unknown := refusal{Status: 400, Message: "call not found", Missing: []map[string]any{{"id": float64(foreign)}}}
	h.refused(http.MethodPost, path+"/byids", items+"}", unknown)
	for _, end := range []string{"", "/logs", "/response"} {
		h.refused(http.MethodGet, fmt.Sprintf("%s/%d%s", path, foreign, end), "", unknown)
	}
	answer, err := h.ByIDsFunctionCalls(t.Context(), f.ID, gen.FunctionCallByIDsRequest{
		Items: []gen.FunctionCallReference{{ID: two}, {ID: foreign}, {ID: one}}, IgnoreUnknownIDs: new(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	if calls := answer.Items; len(calls) != 2 || calls[0].ID != two || calls[1].ID != one {
		t.Errorf("byids answers %+v", answer)
	}
	h.refused(http.MethodPost, "/functions/9/call", `{"nonce":"n"}`, refusal{Status: 400, Message: "function not found", Missing: []map[string]any{{"id": 9.0}}})
}

func TestDeletedFunctionStopsItsCalls(t *testing.T) {
	t.Parallel()
	stopped := make(chan error, 1)
	h := run(t, emulator.Options{Handlers: map[string]emulator.Handler{
		"f": func(ctx context.Context, _ *emulator.Call) (any, error) {
			<-ctx.Done()
			stopped <- context.Cause(ctx)
			return nil, ctx.Err()
		},
	}})
	f := h.deploy(gen.FunctionWrite{Name: "f"})
	h.call(f.ID, "")
	h.raw(http.MethodPost, "/functions/delete", fmt.Sprintf(`{"items":[{"id":%d}]}`, f.ID))
	select {
	case err := <-stopped:
		if err.Error() != "the function was deleted while the call ran" {
			t.Errorf("the call was stopped by %v", err)
		}
	case <-time.After(patience):
		t.Error("the call was not stopped")
	}
}

func TestHandlerRegisteredLater(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("f"))
	f := h.deploy(gen.FunctionWrite{Name: "f", ExternalID: new("ext")})
	reply := func(text string) emulator.Handler {
		return func(context.Context, *emulator.Call) (any, error) { return text, nil }
	}
	h.Handle("f", reply("by name"))
	if response := h.response(h.called(f.ID, "")); response != `"by name"` {
		t.Errorf("response %s", response)
	}
	h.Handle("ext", reply("by external id"))
	if response := h.response(h.called(f.ID, "")); response != `"by external id"` {
		t.Errorf("response %s", response)
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{Handlers: map[string]emulator.Handler{
		"f": func(_ context.Context, call *emulator.Call) (any, error) {
			for i := range 20 {
				call.Printf("%d-%d", call.ID, i)
			}
			return call.ID, nil
		},
	}})
	f := h.deploy(gen.FunctionWrite{Name: "f"})
	ids := make(chan int64, 20)
	for range cap(ids) {
		go func() { ids <- h.called(f.ID, "").ID }()
	}
	for range cap(ids) {
		id := <-ids
		call := h.ended(f.ID, id)
		if response := h.response(call); response != strconv.FormatInt(id, 10) {
			t.Errorf("call %d answers %s", id, response)
		}
		lines := h.logs(call)
		if len(lines) != 20 || lines[19] != fmt.Sprintf("%d-19", id) {
			t.Errorf("call %d printed %v", id, lines)
		}
	}
}
