package functions

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

func someFunction() gen.Function {
	return gen.Function{ID: 42, Name: "hello", FileID: 7, Status: FunctionReady, CreatedTime: 1700000000000, LastCalled: new(int64(1700000001000))}
}

func TestListFunctionsWithFilter(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1700000000000)
	c, f := newFakeClient(t, []responder{respond(200, oneFunction)})
	got, err := c.List(t.Context(), Filter{
		Name: "n", Owner: "o", FileID: 7, Status: FunctionReady, ExternalIDPrefix: "p", CreatedTime: TimeRange{To: at},
		Metadata: map[string]string{"k": "v"},
	}, WithLimit(2))
	if err != nil {
		t.Fatal(err)
	}
	check(t, "function", got[0].Identifier(), ID(42))
	check(t, "body", f.requests[0].Body, `{"filter":{"createdTime":{"max":1700000000000},"externalIdPrefix":"p","fileId":7,`+
		`"metadata":{"k":"v"},"name":"n","owner":"o","status":"Ready"},"limit":2}`)
}

func TestFunctionUpdate(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{
		functionWith("Queued", ""), functionWith("Ready", ""), respond(200, oneSession), respond(201, runningCall), respond(200, completedCalls),
		errorResponse(403, "no"),
	}, WithPoll(ConstantPoll(1)))
	fn := &Function{Function: someFunction(), client: c}
	check(t, "created", fn.Created().UnixMilli(), 1700000000000)
	check(t, "last call", fn.LastCall().UnixMilli(), 1700000001000)
	if err := fn.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, "status", fn.Status, FunctionQueued)
	check(t, "never called", fn.LastCall(), time.Time{})
	ready, err := fn.WaitReady(t.Context())
	if err != nil || ready.Status != FunctionReady {
		t.Fatalf("function = %v, error = %v, want one that is Ready", ready, err)
	}
	if _, err := fn.Call(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	checkKinds(t, fn.Update(t.Context()), ErrForbidden)
	check(t, "status after a failed update", fn.Status, FunctionQueued)
	check(t, "requests", strings.Join(f.paths()[2:5], ", "), "POST /sessions, POST /functions/42/call, POST /functions/42/calls/byids")
}

// echoFunctions responds with the requested functions. With ignoreUnknownIds, functions with an even id do not exist.
func echoFunctions(t *testing.T, requests *[]int) transportFunc {
	t.Helper()
	return func(req *http.Request) (*http.Response, error) {
		var body struct {
			Items            []struct{ ID int64 }
			IgnoreUnknownIDs bool
		}
		if err := json.Unmarshal([]byte(recordRequest(req).Body), &body); err != nil {
			return nil, err
		}
		*requests = append(*requests, len(body.Items))
		if strings.HasSuffix(req.URL.Path, "/delete") {
			return respond(200, "{}")(req)
		}
		var items []string
		for _, item := range body.Items {
			if item.ID%2 == 1 || !body.IgnoreUnknownIDs {
				items = append(items, fmt.Sprintf(`{"id":%d,"name":"f","fileId":7,"status":"Ready","createdTime":1}`, item.ID))
			}
		}
		return respond(200, `{"items":[`+strings.Join(items, ",")+`]}`)(req)
	}
}

// RetrieveMultiple and Delete send several requests for more than 10 functions.
func TestFunctionChunks(t *testing.T) {
	t.Parallel()
	const chunk = gen.FunctionReferencesMaxItems
	var ids []Identifier
	for id := range int64(2*chunk + 5) {
		ids = append(ids, ID(id+1))
	}
	for want, opts := range map[int][]IDsOption{len(ids): nil, (len(ids) + 1) / 2: {IgnoreUnknown()}} {
		var requests []int
		c := newTestClient(t, echoFunctions(t, &requests), Config{})
		got, err := c.RetrieveMultiple(t.Context(), ids, opts...)
		if err != nil {
			t.Fatal(err)
		}
		check(t, "functions", len(got), want)
		for i := 1; i < len(got); i++ {
			if got[i-1].ID >= got[i].ID {
				t.Errorf("id %d before id %d, want ascending ids", got[i-1].ID, got[i].ID)
			}
		}
		if err := c.Delete(t.Context(), ids, opts...); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{chunk, chunk, 5, chunk, chunk, 5}, requests); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	}
}

func TestRetrieveAndDeleteFail(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, noFunctions), errorResponse(403, "no"), errorResponse(403, "no")})
	_, err := c.Retrieve(t.Context(), ID(1))
	checkKinds(t, err, ErrNotFound)
	_, err = c.Retrieve(t.Context(), ExternalID("x"))
	checkKinds(t, err, ErrForbidden)
	checkKinds(t, c.Delete(t.Context(), []Identifier{ExternalID("x")}, IgnoreUnknown()), ErrForbidden)
	check(t, "body", f.requests[2].Body, `{"ignoreUnknownIds":true,"items":[{"externalId":"x"}]}`)
	none, err := c.RetrieveMultiple(t.Context(), nil)
	check(t, "error without ids", err, nil)
	check(t, "functions", len(none), 0)
}

func TestProject(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{
		respond(200, `{"timeoutMinutes":9,"cpuCores":{"min":1,"max":3,"default":1},"memoryGb":{"min":1.5,"max":5,"default":1.5},"runtimes":["py312"]}`),
		respond(200, `{"status":"activated"}`), respond(202, `{"status":"requested"}`),
	})
	limits, err := c.Limits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check(t, "memory", limits.MemoryGB.Min, 1.5)
	status, err := c.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check(t, "status", status.Status, StatusActivated)
	if status, err = c.Activate(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, "status", status.Status, StatusRequested)
	check(t, "requests", strings.Join(f.paths(), ", "), "GET /functions/limits, GET /functions/status, POST /functions/status")
}

// The methods of a function request its own calls and schedules.
func TestMethodsOfAFunction(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, runningCalls), respond(200, runningCalls), respond(200, oneSchedule)})
	fn := &Function{client: c, Function: someFunction()}
	calls, err := fn.ListCalls(t.Context(), CallsFilter{Status: CallRunning}, WithLimit(3))
	check(t, "error", err, nil)
	check(t, "calls", len(calls), 1)
	call, err := fn.RetrieveCall(t.Context(), 9)
	check(t, "error", err, nil)
	check(t, "call", call.CallID(), CallID{FunctionID: 42, ID: 9})
	schedules, err := fn.ListSchedules(t.Context(), WithLimit(3))
	check(t, "error", err, nil)
	check(t, "schedules", len(schedules), 1)
	for i, want := range []struct{ path, body string }{
		{"POST /functions/42/calls/list", `{"filter":{"status":"Running"},"limit":3}`},
		{"POST /functions/42/calls/byids", `{"ignoreUnknownIds":false,"items":[{"id":9}]}`},
		{"POST /functions/schedules/list", `{"filter":{"functionId":42},"limit":3}`},
	} {
		check(t, "path", f.paths()[i], want.path)
		check(t, "body", f.requests[i].Body, want.body)
	}
}

func functionOf(id int64, externalID *string) *Function {
	f := &Function{}
	f.ID, f.ExternalID = id, externalID
	return f
}

func TestFunctionList(t *testing.T) {
	t.Parallel()
	l := FunctionList{functionOf(1, new("one")), functionOf(2, nil), functionOf(3, new("three")), functionOf(4, new(""))}
	if diff := cmp.Diff([]int64{1, 2, 3, 4}, l.IDs()); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"one", "three", ""}, l.ExternalIDs()); diff != "" {
		t.Errorf("external ids (-want +got):\n%s", diff)
	}
	for fn, want := range map[Identifier]*Function{
		ID(2): l[1], ID(5): nil, ExternalID("three"): l[2], ExternalID("four"): nil, {}: nil, ExternalID(""): nil,
	} {
		check(t, fn.String(), l.Get(fn), want)
	}
	var none FunctionList
	check(t, "results of an empty list", len(none.IDs())+len(none.ExternalIDs())+len(none.AsWrite()), 0)
	check(t, "function of an empty list", none.Get(ID(1)), nil)
}

func TestFunctionDelete(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, "{}"), respond(200, "{}"), errorResponse(403, "no")})
	fn := &Function{client: c, Function: someFunction()}
	check(t, "error", fn.Delete(t.Context()), nil)
	check(t, "error with IgnoreUnknown", fn.Delete(t.Context(), IgnoreUnknown()), nil)
	check(t, "request", f.paths()[0], "POST /functions/delete")
	check(t, "body", f.requests[0].Body, `{"ignoreUnknownIds":false,"items":[{"id":42}]}`)
	check(t, "body with IgnoreUnknown", f.requests[1].Body, `{"ignoreUnknownIds":true,"items":[{"id":42}]}`)
	err := fn.Delete(t.Context())
	checkKinds(t, err, ErrForbidden)
	checkMessage(t, err, "function with id 42")
}

// An unknown function is an error of RetrieveMultiple and Delete, and is skipped with IgnoreUnknown.
func TestIgnoreUnknownFunctions(t *testing.T) {
	t.Parallel()
	fns := []Identifier{ExternalID("hello"), ExternalID("nope")}
	unknown := respond(400, `{"error":{"code":400,"message":"unknown","missing":[{"externalId":"nope"}]}}`)
	c, f := newFakeClient(t, []responder{unknown, unknown, respond(200, oneFunction), respond(200, "{}")})
	_, err := c.RetrieveMultiple(t.Context(), fns)
	checkKinds(t, err, ErrNotFound)
	checkMessage(t, err, "nope")
	err = c.Delete(t.Context(), fns)
	checkKinds(t, err, ErrNotFound)
	checkMessage(t, err, "nope")
	found, err := c.RetrieveMultiple(t.Context(), fns, IgnoreUnknown())
	check(t, "error", err, nil)
	if diff := cmp.Diff([]string{"hello"}, found.ExternalIDs()); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
	check(t, "error of Delete", c.Delete(t.Context(), fns, IgnoreUnknown()), nil)
	for i, ignore := range []bool{false, false, true, true} {
		want := fmt.Sprintf(`{"ignoreUnknownIds":%v,"items":[{"externalId":"hello"},{"externalId":"nope"}]}`, ignore)
		check(t, "body", f.requests[i].Body, want)
	}
}
