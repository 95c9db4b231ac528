package functions

import (
	"strings"
	"testing"
)

// A field that calls have gained is there without further code.
func TestNewCallField(t *testing.T) {
	t.Parallel()
	call := strings.Replace(runningCall, "{", `{"region":"west",`, 1)
	c, _ := newScripted(t, []answer{reply(200, `{"items":[`+call+`]}`)})
	got, err := c.Calls.Retrieve(t.Context(), CallID{42, 9})
	if err != nil {
		t.Fatal(err)
	}
	if got.Region == nil || *got.Region != "west" || len(got.AdditionalProperties) > 0 {
		t.Errorf("the call is %+v", got.FunctionCall)
	}
}
