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

func TestListFilter(t *testing.T) {
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

func TestFunctionMethods(t *testing.T) {
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
		t.Fatalf("got %v, %v", ready, err)
	}
	if _, err := fn.Call(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	checkKinds(t, fn.Update(t.Context()), ErrForbidden)
	check(t, "status after a failed update", fn.Status, FunctionQueued)
	check(t, "requests", strings.Join(f.paths()[2:5], ", "), "POST /sessions, POST /functions/42/call, POST /functions/42/calls/byids")
}

// echoFunctions answers with the functions asked for, whose ids are odd or which must exist.
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

func TestFunctionsAreRetrievedInChunks(t *testing.T) {
	t.Parallel()
	const most = gen.FunctionReferencesMaxItems
	var ids []Identifier
	for id := range int64(2*most + 5) {
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
				t.Errorf("id %d stands before %d", got[i-1].ID, got[i].ID)
			}
		}
		if err := c.Delete(t.Context(), ids, opts...); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]int{most, most, 5, most, most, 5}, requests); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	}
}

func TestRetrieveAndDeleteThatFail(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, noFunctions), errorResponse(403, "no"), errorResponse(403, "no")})
	_, err := c.Retrieve(t.Context(), ID(1))
	checkKinds(t, err, ErrNotFound)
	_, err = c.Retrieve(t.Context(), ExternalID("x"))
	checkKinds(t, err, ErrForbidden)
	checkKinds(t, c.Delete(t.Context(), []Identifier{ExternalID("x")}, IgnoreUnknown()), ErrForbidden)
	check(t, "body", f.requests[2].Body, `{"ignoreUnknownIds":true,"items":[{"externalId":"x"}]}`)
	none, err := c.RetrieveMultiple(t.Context(), nil)
	check(t, "no error for no ids", err, nil)
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
