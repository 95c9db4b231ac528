package functions

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A call that was kept as JSON works again, and so does what this version does not know of it.
func TestCallFromJSON(t *testing.T) {
	t.Parallel()
	later := `{"id":9,"functionId":42,"status":"Failed","startTime":1700000000000,"error":{"message":"m","trace":"t"},"later":{"a":1}}`
	c, f := newFakeClient(t, []responder{respond(200, `{"items":[`+later+`]}`), respond(200, completedCalls)})
	call, err := c.Calls.Retrieve(t.Context(), ID(42), 9)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal(call)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Calls.FromJSON(kept)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(call.FunctionCall, again.FunctionCall, cmp.AllowUnexported(call.FunctionCall, *call.Error)); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if err := again.Update(t.Context()); err != nil || again.Status != CallCompleted {
		t.Errorf("after Update it is %v, %v; requests: %v", again.Status, err, f.paths())
	}
	_, err = c.Calls.FromJSON([]byte("[]"))
	if err == nil {
		t.Error("a list is taken for a call")
	}
}

// An id needs no request, and an external id one for all time.
func TestFunctionID(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, oneFunction)})
	for _, fn := range []Identifier{ID(42), ExternalID("hello"), ExternalID("hello")} {
		id, err := c.FunctionID(t.Context(), fn)
		if err != nil || id != 42 {
			t.Errorf("%v is %d, %v", fn, id, err)
		}
	}
	check(t, "requests", len(f.paths()), 1)
	if _, err := c.FunctionID(t.Context(), Identifier{}); err == nil {
		t.Error("the zero identifier has an id")
	}
	check(t, "the project", c.Project(), "demo")
}
