package gen_test

import (
	"net/http"
	"testing"

	"github.com/cogfn/cogfn/gen"
)

// A new operation has a typed method and a row in the operation table.
func TestNewOperation(t *testing.T) {
	t.Parallel()
	api, err := gen.NewAPI("https://example.com/api/v1/projects/p", gen.WithHTTPClient(respond(200, "application/json",
		`{"id":1,"name":"f","fileId":2,"status":"Ready","createdTime":3}`)))
	if err != nil {
		t.Fatal(err)
	}
	if f, err := api.GetFunctionStatistics(t.Context(), 1); err != nil || f.Name != "f" {
		t.Errorf("got %+v (%v)", f, err)
	}
	op := gen.GetFunctionStatisticsOperation
	if op.Method != http.MethodGet || op.Path != "/functions/{functionId}/statistics" || !op.Safe || len(op.Capabilities) != 1 {
		t.Errorf("the operation is %+v", op)
	}
}
