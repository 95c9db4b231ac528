package httpapi

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/emulator/internal/faults"
	"github.com/cogfn/cogfn/emulator/internal/requestlog"
	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// testHandler is a Handler for the project "emulator" with a store of its own.
type testHandler struct {
	*Handler
	t     *testing.T
	store *store.Store
	log   bytes.Buffer
}

func newTestHandler(t *testing.T) *testHandler {
	t.Helper()
	h := &testHandler{t: t}
	logger := slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if h.store, err = store.Open(store.Options{Dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	c := clock.New()
	t.Cleanup(c.Close)
	knownClient := func(id, _ string) bool { return id != "" }
	services, err := service.New(service.Config{
		Store: h.store, KnownClient: knownClient, Logger: logger, Clock: c,
		GoFunction: func(string, string, runner.Spec) runner.Function { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := services.Close(); err != nil {
			t.Error(err)
		}
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
	})
	h.Handler, err = New(Config{
		Service: services, SigningKey: h.store.SigningKey(), Project: "emulator", KnownClient: knownClient, Now: c.Now, Requests: &requestlog.Log{}, Faults: faults.New(faults.Config{Sleep: c.Sleep}),
		TokenLifetime: time.Hour, ValidateResponses: true, Logger: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// farFuture and longPast are the expiry times of a valid and of an expired token.
var farFuture, longPast = time.Unix(1<<33, 0), time.Unix(0, 0)

// fail sends a request with a token and returns the error response.
func (h *testHandler) fail(method, path string) (*httptest.ResponseRecorder, gen.Error) {
	h.t.Helper()
	request := httptest.NewRequestWithContext(h.t.Context(), method, "http://127.0.0.1"+path, nil)
	request.Header.Set("Authorization", "Bearer any")
	return h.serve(request)
}

// serve serves a request without a network and returns the error response.
func (h *testHandler) serve(request *http.Request) (*httptest.ResponseRecorder, gen.Error) {
	h.t.Helper()
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	var body gen.ErrorEnvelope
	if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
		h.t.Fatalf("%s %s: status %d, body %s", request.Method, request.URL.Path, recorder.Code, recorder.Body)
	}
	return recorder, body.Error
}

func TestPanicInHandler(t *testing.T) {
	t.Parallel()
	h := newTestHandler(t)
	h.router.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("oh no") })
	recorder, problem := h.fail(http.MethodGet, "/panic")
	id := recorder.Header().Get("X-Request-Id")
	if recorder.Code != http.StatusInternalServerError || id == "" || !strings.Contains(problem.Message, id) {
		t.Errorf("status %d, error %+v, want 500 with the request id %s", recorder.Code, problem, id)
	}
	if log := h.log.String(); !strings.Contains(log, "oh no") || !strings.Contains(log, id) {
		t.Errorf("the log %q does not contain the panic and the request id", log)
	}
	if recorder, _ := h.fail(http.MethodGet, "/elsewhere"); recorder.Code != http.StatusNotFound {
		t.Errorf("status %d after the panic, want 404", recorder.Code)
	}
}

func TestInvalidResponse(t *testing.T) {
	t.Parallel()
	h := newTestHandler(t)
	h.operations().HandleFunc("GET "+basePath+"/functions/status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"state":"activated"}`))
	})
	recorder, problem := h.fail(http.MethodGet, "/api/v1/projects/emulator/functions/status")
	if recorder.Code != http.StatusInternalServerError || !strings.Contains(problem.Message, "description") {
		t.Errorf("status %d, error %+v, want 500", recorder.Code, problem)
	}
}

// operationRecorder records the operations that the generated code registers and serves.
type operationRecorder struct {
	*router
	served string
}

func (o *operationRecorder) HandleFunc(pattern string, _ func(http.ResponseWriter, *http.Request)) {
	o.router.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) { o.served = pattern })
}

func TestEveryOperationHasARoute(t *testing.T) {
	t.Parallel()
	h := newTestHandler(t)
	routes := &operationRecorder{router: newRouter()}
	server.HandlerWithOptions(nil, server.StdHTTPServerOptions{BaseURL: basePath, BaseRouter: routes})
	for _, operation := range h.contract.Operations() {
		method, path, _ := strings.Cut(operation, " ")
		path = strings.NewReplacer("{functionId}", "1", "{callId}", "2", "{scheduleId}", "3", "{id}", "4").Replace(path)
		recorder := serve(t.Context(), routes.router, method, "/api/v1/projects/p"+path)
		if want := method + " " + basePath + strings.TrimPrefix(operation, method+" "); recorder.Code != http.StatusOK || routes.served != want {
			t.Errorf("%s: status %d, handler of %q, want that of %q", operation, recorder.Code, routes.served, want)
		}
	}
}

func TestLogHasNoSignatures(t *testing.T) {
	t.Parallel()
	h := newTestHandler(t)
	if err := os.RemoveAll(filepath.Join(h.store.Dir(), "cogfn-uploads")); err != nil { // makes uploads fail
		t.Fatal(err)
	}
	response, err := h.config.Service.InitFileUpload(service.WithBaseURL(t.Context(), ""), server.InitFileUploadRequestObject{Body: &gen.FileWrite{Name: "f"}})
	if err != nil {
		t.Fatal(err)
	}
	file, ok := response.(server.InitFileUpload201JSONResponse)
	if !ok {
		t.Fatalf("the response is a %T", response)
	}
	for method, want := range map[string]int{
		http.MethodPut:    http.StatusInternalServerError,
		http.MethodGet:    http.StatusForbidden,
		http.MethodDelete: http.StatusMethodNotAllowed,
	} {
		if recorder, problem := h.fail(method, file.UploadURL); recorder.Code != want {
			t.Errorf("%s: status %d, error %+v, want %d", method, recorder.Code, problem, want)
		}
	}
	for _, want := range []string{"level=ERROR", "method=PUT", "pattern=" + service.ContentPath} {
		if !strings.Contains(h.log.String(), want) {
			t.Errorf("the log does not contain %q:\n%s", want, h.log.String())
		}
	}
	if signature := file.UploadURL[strings.LastIndex(file.UploadURL, "/")+1:]; strings.Contains(h.log.String(), signature) {
		t.Errorf("the log contains a signature:\n%s", h.log.String())
	}
}
