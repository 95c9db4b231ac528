package functions

import (
	"strings"
	"testing"
)

// A new field of calls is available without further code.
func TestNewCallField(t *testing.T) {
	t.Parallel()
	call := strings.Replace(runningCall, "{", `{"region":"west",`, 1)
	c, _ := newFakeClient(t, []responder{respond(200, `{"items":[`+call+`]}`)})
	got, err := c.Calls.Retrieve(t.Context(), ID(42), 9)
	if err != nil {
		t.Fatal(err)
	}
	if got.Region == nil || *got.Region != "west" || len(got.AdditionalProperties) > 0 {
		t.Errorf("the call is %+v", got.FunctionCall)
	}
}
