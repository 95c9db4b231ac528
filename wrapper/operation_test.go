package functions

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/api"
)

// described reads the operations of the description in the form of the table.
func described(t *testing.T) map[string]operation {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]operation{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			capability, _ := op.Extensions["x-cogfn-capability"].(string)
			all[op.OperationID] = operation{
				id: op.OperationID, method: method, path: withoutNames(path), capability: capability,
				safe:  op.Extensions["x-cogfn-retry"] == "safe",
				nonce: op.RequestBody != nil && holdsNonce(op.RequestBody.Value.Content["application/json"].Schema),
			}
		}
	}
	return all
}

// withoutNames turns /functions/{functionId} into /functions/{}.
func withoutNames(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}

func holdsNonce(ref *openapi3.SchemaRef) bool {
	if ref == nil {
		return false
	}
	s := ref.Value
	if s.Properties["nonce"] != nil || holdsNonce(s.Items) {
		return true
	}
	for _, property := range s.Properties {
		if holdsNonce(property) {
			return true
		}
	}
	return false
}

func TestOperationsAgreeWithDescription(t *testing.T) {
	t.Parallel()
	table := map[string]operation{}
	for _, op := range operations {
		if _, twice := table[op.id]; twice {
			t.Errorf("%s stands in the table twice", op.id)
		}
		table[op.id] = op
	}
	if diff := cmp.Diff(described(t), table, cmp.AllowUnexported(operation{})); diff != "" {
		t.Errorf("the table differs from the description (-description +table):\n%s", diff)
	}
}

func TestOperationOf(t *testing.T) {
	t.Parallel()
	servers := map[string]string{
		"plain":                   "https://test.cognitedata.com/api/v1/projects/demo",
		"prefix":                  "https://proxy.example.com/cdf/eu/api/v1/projects/demo",
		"project named functions": "https://test.cognitedata.com/api/v1/projects/functions",
		"prefix named functions":  "https://proxy.example.com/functions/list/api/v1/projects/functions",
	}
	for name, server := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, want := range operations {
				address := server + strings.ReplaceAll(want.path, "{}", "4503599627370496") + "?limit=1"
				req, err := http.NewRequestWithContext(t.Context(), want.method, address, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				check(t, want.method+" "+want.path, operationOf(req).id, want.id)
			}
		})
	}
}

func TestOperationOfUnknownPath(t *testing.T) {
	t.Parallel()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "https://x.example.com/api/v1/projects/demo/functions/list", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	op := operationOf(req)
	check(t, "id", op.id, "PATCH /functions/list")
	check(t, "safe", op.safe, false)
}
