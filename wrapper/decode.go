package functions

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/cogfn/cogfn/gen"
)

// decode reads the JSON of an answer from the generated low-level client. Every 2xx is a success, whichever of them the
// description names.
func decode[T any](resp *http.Response, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	fail := func(err error) (*T, error) {
		return nil, &RequestError{Operation: operationOf(resp.Request).id, RequestID: requestID(resp), Attempts: 1, Err: err}
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fail(err)
	}
	var v T
	if _, nothing := any(&v).(*gen.EmptyObject); nothing && len(body) == 0 {
		return &v, nil // 204, say, where {} is described
	}
	if !strings.Contains(mediaType(resp), "json") && !json.Valid(body) {
		return fail(fmt.Errorf("status %d with %s instead of JSON; check that the base URL is that of the service, not of a proxy or a login page",
			resp.StatusCode, mediaType(resp)))
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return fail(fmt.Errorf("status %d with JSON of another form than the API's: %w", resp.StatusCode, err))
	}
	return &v, nil
}

func mediaType(resp *http.Response) string {
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if kind == "" {
		return "no content type"
	}
	return kind
}

func requestID(resp *http.Response) string { return resp.Header.Get("X-Request-Id") }
