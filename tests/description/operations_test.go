package description

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// witness notes which operations were carried out with which status.
type witness struct {
	router routers.Router
	mu     sync.Mutex
	seen   map[string][]int
}

func (w *witness) Do(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if route, _, err := w.router.FindRoute(req); err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen[route.Operation.OperationID] = append(w.seen[route.Operation.OperationID], resp.StatusCode)
	}
	return resp, nil
}

// TestEveryOperationWorks carries out every operation of the description through the generated client, on an emulator
// that checks its own answers against the description.
func TestEveryOperationWorks(t *testing.T) {
	t.Parallel()
	service := emulator.RunT(t, emulator.Options{Handlers: map[string]emulator.Handler{
		"echo": func(_ context.Context, call *emulator.Call) (any, error) { return call.Data, nil },
	}})
	server := service.URL() + "/api/v1/projects/" + service.Project()
	doc := load(t)
	doc.Servers = openapi3.Servers{{URL: server}}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	seen := &witness{router: router, seen: map[string][]int{}}
	client, err := gen.NewAPI(server, gen.WithHTTPClient(seen),
		gen.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
			req.Header.Set("Authorization", "Bearer any")
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	(&scenario{t: t, client: client}).run()

	eachOperation(doc, func(name string, op *openapi3.Operation) {
		for status := range op.Responses.Map() {
			want := map[string]int{"200": 200, "201": 201, "202": 202}[status]
			if want != 0 && !slices.Contains(seen.seen[op.OperationID], want) {
				t.Errorf("%s (%s): no answer with status %d was seen, only %v", op.OperationID, name, want, seen.seen[op.OperationID])
			}
		}
	})
}

// scenario carries out all operations, each depending on the ones before.
type scenario struct {
	t      *testing.T
	client *gen.API
}

func (s *scenario) run() {
	fileID := s.files()
	functionID := s.functions(fileID)
	s.calls(functionID)
	s.schedules(functionID)
	s.sessions()
	s.endings(fileID, functionID)
}

// ok fails the test unless the answer was a success that could be decoded.
func ok[T any](s *scenario, got *T, err error) T {
	s.t.Helper()
	if err != nil || got == nil {
		s.t.Fatalf("no usable answer: %v", err)
	}
	return *got
}

func (s *scenario) files() int64 {
	s.t.Helper()
	ctx := s.t.Context()
	registered, err := s.client.InitFileUpload(ctx, &gen.InitFileUploadParams{}, gen.FileWrite{Name: "echo.zip"})
	file := ok(s, registered, err)
	s.put(file.UploadURL)
	got, err := s.client.GetFileByInternalID(ctx, file.ID)
	if !ok(s, got, err).Uploaded {
		s.t.Error("the file does not count as uploaded")
	}
	var ref gen.FileReference
	if err := ref.FromFileIDReference(gen.FileIDReference{ID: file.ID}); err != nil {
		s.t.Fatal(err)
	}
	byIDs, err := s.client.ByIDsFiles(ctx, gen.FileByIDsRequest{Items: []gen.FileReference{ref}})
	ok(s, byIDs, err)
	links, err := s.client.DownloadLinks(ctx, nil, gen.FileDownloadLinkRequest{Items: []gen.FileReference{ref}})
	ok(s, links, err)
	return file.ID
}

// put uploads a zip that holds a handler; the emulator runs the Go handler in its stead.
func (s *scenario) put(address string) {
	s.t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	f, err := w.Create("handler.py")
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := f.Write([]byte("def handle(data):\n    return data\n")); err != nil {
		s.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	if _, err := url.Parse(address); err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPut, address, &buf)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		s.t.Fatalf("the upload answered %s", resp.Status)
	}
}

func (s *scenario) functions(fileID int64) int64 {
	s.t.Helper()
	ctx := s.t.Context()
	created, err := s.client.PostFunctions(ctx, gen.FunctionCreateRequest{
		Items: []gen.FunctionWrite{{Name: "echo", ExternalID: new("echo"), FileID: fileID}},
	})
	id := ok(s, created, err).Items[0].ID
	s.waitUntil(func() bool {
		got, err := s.client.GetFunction(ctx, id)
		return ok(s, got, err).Status == gen.FunctionStatusReady
	})
	listed, err := s.client.GetFunctions(ctx, &gen.GetFunctionsParams{})
	ok(s, listed, err)
	filtered, err := s.client.ListFunctions(ctx, gen.FunctionListRequest{Filter: &gen.FunctionFilter{Name: new("echo")}})
	if n := len(ok(s, filtered, err).Items); n != 1 {
		s.t.Errorf("the filter found %d functions; want 1", n)
	}
	byIDs, err := s.client.ByIDsFunctions(ctx, gen.FunctionByIDsRequest{Items: s.functionReferences(id)})
	ok(s, byIDs, err)
	limits, err := s.client.FunctionsLimits(ctx)
	ok(s, limits, err)
	activated, err := s.client.PostFunctionsStatus(ctx)
	ok(s, activated, err)
	status, err := s.client.GetFunctionsStatus(ctx)
	ok(s, status, err)
	return id
}

func (s *scenario) functionReferences(id int64) gen.FunctionReferences {
	s.t.Helper()
	var ref gen.FunctionReference
	if err := ref.FromFunctionIDReference(gen.FunctionIDReference{ID: id}); err != nil {
		s.t.Fatal(err)
	}
	return gen.FunctionReferences{ref}
}

func (s *scenario) nonce() string {
	s.t.Helper()
	var write gen.SessionWrite
	if err := write.FromSessionWithTokenExchange(gen.SessionWithTokenExchange{TokenExchange: true}); err != nil {
		s.t.Fatal(err)
	}
	created, err := s.client.CreateSessions(s.t.Context(), gen.SessionCreateRequest{Items: []gen.SessionWrite{write}})
	return ok(s, created, err).Items[0].Nonce
}

func (s *scenario) calls(functionID int64) {
	s.t.Helper()
	ctx := s.t.Context()
	input := json.RawMessage(`{"n": 12345678901234567890}`)
	called, err := s.client.PostFunctionsCall(ctx, functionID, gen.FunctionCallRequest{Data: input, Nonce: s.nonce()})
	id := ok(s, called, err).ID
	s.waitUntil(func() bool {
		got, err := s.client.GetFunctionCall(ctx, functionID, id)
		return ok(s, got, err).Status == gen.FunctionCallStatusCompleted
	})
	response, err := s.client.GetFunctionCallResponse(ctx, functionID, id)
	var compact bytes.Buffer
	if err := json.Compact(&compact, input); err != nil {
		s.t.Fatal(err)
	}
	if got := string(ok(s, response, err).Response); got != compact.String() {
		s.t.Errorf("the response is %s; want %s", got, compact.String())
	}
	logs, err := s.client.GetFunctionCallLogs(ctx, functionID, id)
	ok(s, logs, err)
	listed, err := s.client.GetFunctionCalls(ctx, functionID, &gen.GetFunctionCallsParams{})
	ok(s, listed, err)
	filtered, err := s.client.ListFunctionCalls(ctx, functionID, gen.FunctionCallListRequest{})
	ok(s, filtered, err)
	byIDs, err := s.client.ByIDsFunctionCalls(ctx, functionID,
		gen.FunctionCallByIDsRequest{Items: []gen.FunctionCallReference{{ID: id}}})
	ok(s, byIDs, err)
}

func (s *scenario) schedules(functionID int64) {
	s.t.Helper()
	ctx := s.t.Context()
	created, err := s.client.PostFunctionSchedules(ctx, gen.FunctionScheduleCreateRequest{
		Items: []gen.FunctionScheduleWrite{{
			Name: "yearly", CronExpression: "0 0 1 1 *", FunctionID: functionID, Data: json.RawMessage(`{"a":1}`), Nonce: s.nonce(),
		}},
	})
	id := ok(s, created, err).Items[0].ID
	got, err := s.client.GetFunctionSchedule(ctx, id)
	ok(s, got, err)
	input, err := s.client.GetFunctionScheduleInputData(ctx, id)
	if data := string(ok(s, input, err).Data); data != `{"a":1}` {
		s.t.Errorf("the input data is %s", data)
	}
	listed, err := s.client.GetFunctionSchedules(ctx, &gen.GetFunctionSchedulesParams{})
	ok(s, listed, err)
	filtered, err := s.client.ListFunctionSchedules(ctx, gen.FunctionScheduleListRequest{})
	ok(s, filtered, err)
	refs := gen.FunctionScheduleReferences{{ID: id}}
	byIDs, err := s.client.ByIDsFunctionSchedules(ctx, gen.FunctionScheduleByIDsRequest{Items: refs})
	ok(s, byIDs, err)
	deleted, err := s.client.DeleteFunctionSchedules(ctx, gen.FunctionScheduleDeleteRequest{Items: refs})
	ok(s, deleted, err)
}

func (s *scenario) sessions() {
	s.t.Helper()
	ctx := s.t.Context()
	s.nonce()
	listed, err := s.client.ListSessions(ctx, &gen.ListSessionsParams{})
	id := ok(s, listed, err).Items[0].ID
	refs := []gen.SessionReference{{ID: id}}
	byIDs, err := s.client.GetSessionsByIDs(ctx, gen.SessionByIDsRequest{Items: refs})
	ok(s, byIDs, err)
	revoked, err := s.client.RevokeSessions(ctx, gen.SessionRevokeRequest{Items: refs})
	ok(s, revoked, err)
}

func (s *scenario) endings(fileID, functionID int64) {
	s.t.Helper()
	ctx := s.t.Context()
	deleted, err := s.client.DeleteFunctions(ctx, gen.FunctionDeleteRequest{Items: s.functionReferences(functionID)})
	ok(s, deleted, err)
	var ref gen.FileDeleteReference
	if err := ref.FromFileIDReference(gen.FileIDReference{ID: fileID}); err != nil {
		s.t.Fatal(err)
	}
	gone, err := s.client.DeleteFiles(ctx, gen.FileDeleteRequest{Items: []gen.FileDeleteReference{ref}})
	ok(s, gone, err)
}

// waitUntil asks again and again until done, ten seconds at most.
func (s *scenario) waitUntil(done func() bool) {
	s.t.Helper()
	deadline := time.After(10 * time.Second)
	for !done() {
		select {
		case <-deadline:
			s.t.Fatal("it took longer than ten seconds")
		case <-time.After(5 * time.Millisecond):
		}
	}
}
