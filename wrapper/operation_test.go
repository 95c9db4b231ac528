package functions

import (
	"net/http"
	"testing"

	"github.com/cogfn/cogfn/gen"
)

// The operation of a request is in its context. A request without one is unsafe.
func TestOperationOf(t *testing.T) {
	t.Parallel()
	const project = "https://x.example.com/api/v1/projects/demo"
	for name, c := range map[string]struct {
		method, url string
		op          *gen.Operation
		id          string
		safe        bool
	}{
		"from the context":      {http.MethodPost, project + "/functions/list", &gen.ListFunctionsOperation, "listFunctions", true},
		"without an operation":  {http.MethodGet, project + "/functions/1", nil, "GET /functions/1", false},
		"unknown path":          {http.MethodPatch, project + "/functions/list", nil, "PATCH /functions/list", false},
		"outside a project":     {http.MethodGet, "https://x.example.com/other", nil, "GET /", false},
		"context and other URL": {http.MethodGet, "https://x.example.com/other", &gen.GetFunctionOperation, "getFunction", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if c.op != nil {
				ctx = gen.WithOperation(ctx, *c.op)
			}
			req, err := http.NewRequestWithContext(ctx, c.method, c.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			op := operationOf(req)
			check(t, "id", op.ID, c.id)
			check(t, "safe", op.Safe, c.safe)
			check(t, "sent once", op.Nonce, false)
		})
	}
}
