package gen_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/cogfn/cogfn/gen"
)

// The generated client needs only an HTTP client and a token. It sends each request once. Package wrapper adds retries,
// sessions, waiting and pagination.
func Example() {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Request-Id", "0b5b2c4e")
		if r.Header.Get("Authorization") != "Bearer my-token" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error": {"code": 401, "message": "Unauthorized"}}`))
			return
		}
		_, _ = w.Write([]byte(`{"items": [{"id": 42, "name": "hello", "fileId": 7, "status": "Ready", "createdTime": 1700000000000}]}`))
	}))
	defer service.Close()
	server := service.URL + "/api/v1/projects/my-project" // https://CLUSTER.cognitedata.com/api/v1/projects/PROJECT

	token := func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer my-token")
		return nil
	}
	api, err := gen.NewAPI(server, gen.WithHTTPClient(&http.Client{}), gen.WithRequestEditorFn(token))
	if err != nil {
		panic(err)
	}
	body := gen.FunctionListRequest{Filter: &gen.FunctionFilter{Status: new(gen.FunctionStatusReady)}, Limit: new(int32(10))}
	functions, err := api.ListFunctions(context.Background(), body)
	if err != nil {
		panic(err)
	}
	for _, f := range functions.Items {
		fmt.Println(f.ID, f.Name, f.Status)
	}

	// An error has the status, the header and the body of the response.
	anonymous, err := gen.NewAPI(server)
	if err != nil {
		panic(err)
	}
	_, err = anonymous.ListFunctions(context.Background(), body)
	if failure, ok := errors.AsType[*gen.ResponseError](err); ok {
		fmt.Println(failure.Operation.ID, failure.StatusCode, failure.Header.Get("X-Request-Id"), string(failure.Body))
	}
	// Output:
	// 42 hello Ready
	// listFunctions 401 0b5b2c4e {"error": {"code": 401, "message": "Unauthorized"}}
}
