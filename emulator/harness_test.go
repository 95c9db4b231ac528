package emulator_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

func TestMain(m *testing.M) {
	if runAsChild() {
		return
	}
	goleak.VerifyTestMain(m)
}

// patience bounds every wait of the tests.
const patience = 20 * time.Second

// harness is an emulator with a client, for tests.
type harness struct {
	t *testing.T
	*emulator.Emulator
	*gen.API
	http *http.Client
}

func run(t *testing.T, options emulator.Options) *harness {
	t.Helper()
	return connect(t, emulator.RunT(t, options))
}

func connect(t *testing.T, e *emulator.Emulator) *harness {
	t.Helper()
	return connectTo(t, e, e.URL(), e.Project())
}

func connectTo(t *testing.T, e *emulator.Emulator, url, project string) *harness {
	t.Helper()
	// A transport per test: shared idle connections would look like leaks, and end other tests' requests.
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	web := &http.Client{Transport: transport, Timeout: patience}
	client, err := gen.NewAPI(url+"/api/v1/projects/"+project, gen.WithHTTPClient(web),
		gen.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer any")
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	return &harness{t, e, client, web}
}

// upload registers a file and sends its content.
func (h *harness) upload(content []byte) int64 {
	h.t.Helper()
	file, err := h.InitFileUpload(h.t.Context(), nil, gen.FileWrite{Name: "code.zip"})
	if err != nil {
		h.t.Fatal(err)
	}
	h.put(file.UploadURL, content)
	return file.ID
}

func (h *harness) put(url string, content []byte) {
	h.t.Helper()
	// No token: the URL alone must do.
	if response, text := h.send(http.MethodPut, url, string(content), http.Header{}); response.StatusCode != http.StatusOK {
		h.t.Fatalf("the upload answers %d %s", response.StatusCode, text)
	}
}

// create creates a function and returns it as first shown.
func (h *harness) create(write gen.FunctionWrite) *gen.Function {
	h.t.Helper()
	if write.FileID == 0 {
		write.FileID = h.upload(zipOf(h.t, map[string]string{"handler.py": "def handle(): pass"}))
	}
	answer, err := h.PostFunctions(h.t.Context(), gen.FunctionCreateRequest{Items: []gen.FunctionWrite{write}})
	if err != nil {
		h.t.Fatal(err)
	}
	return &answer.Items[0]
}

// deploy creates a function and waits until it is Ready.
func (h *harness) deploy(write gen.FunctionWrite) *gen.Function {
	h.t.Helper()
	f := h.deployed(h.create(write).ID)
	if f.Status != gen.FunctionStatusReady {
		h.t.Fatalf("the function is %s: %s\n%s", f.Status, *f.Error.Message, *f.Error.Trace)
	}
	return f
}

// deployed waits until a deployment has ended.
func (h *harness) deployed(id int64) *gen.Function {
	h.t.Helper()
	return await(h.t, "the deployment to end", func() (*gen.Function, bool) {
		f, err := h.GetFunction(h.t.Context(), id)
		if err != nil {
			h.t.Fatal(err)
		}
		return f, f.Status == gen.FunctionStatusReady || f.Status == gen.FunctionStatusFailed
	})
}

// nonce creates a session and returns its nonce.
func (h *harness) nonce() string {
	h.t.Helper()
	return h.session(h.clientCredentials()).Nonce
}

func (h *harness) clientCredentials() gen.SessionWrite {
	h.t.Helper()
	var write gen.SessionWrite
	err := write.FromSessionWithClientCredentials(gen.SessionWithClientCredentials{ClientID: "client", ClientSecret: "secret"})
	if err != nil {
		h.t.Fatal(err)
	}
	return write
}

func (h *harness) session(write gen.SessionWrite) gen.CreatedSession {
	h.t.Helper()
	answer, err := h.CreateSessions(h.t.Context(), gen.SessionCreateRequest{Items: []gen.SessionWrite{write}})
	if err != nil {
		h.t.Fatal(err)
	}
	return answer.Items[0]
}

// call starts a call.
func (h *harness) call(functionID int64, data string) *gen.FunctionCall {
	h.t.Helper()
	request := gen.FunctionCallRequest{Nonce: h.nonce()}
	if data != "" {
		request.Data = gen.InputData(data)
	}
	answer, err := h.PostFunctionsCall(h.t.Context(), functionID, request)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer
}

// ended waits until a call has ended.
func (h *harness) ended(functionID, callID int64) *gen.FunctionCall {
	h.t.Helper()
	return await(h.t, "the call to end", func() (*gen.FunctionCall, bool) {
		call, err := h.GetFunctionCall(h.t.Context(), functionID, callID)
		if err != nil {
			h.t.Fatal(err)
		}
		return call, call.Status != gen.FunctionCallStatusRunning
	})
}

// called makes a call and waits for its end.
func (h *harness) called(functionID int64, data string) *gen.FunctionCall {
	h.t.Helper()
	return h.ended(functionID, h.call(functionID, data).ID)
}

// response returns what a call returned as JSON text; "" if that is absent.
func (h *harness) response(call *gen.FunctionCall) string {
	h.t.Helper()
	answer, err := h.GetFunctionCallResponse(h.t.Context(), call.FunctionID, call.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(answer.Response)
}

// logs returns what a call has printed.
func (h *harness) logs(call *gen.FunctionCall) []string {
	h.t.Helper()
	answer, err := h.GetFunctionCallLogs(h.t.Context(), call.FunctionID, call.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	lines := []string{}
	for _, entry := range answer.Items {
		if *entry.Timestamp == 0 {
			h.t.Error("a line has no timestamp")
		}
		lines = append(lines, *entry.Message)
	}
	return lines
}

// failure returns a call's error.
func failure(t *testing.T, call *gen.FunctionCall) (message, trace string) {
	t.Helper()
	if call.Error == nil {
		t.Fatalf("the call is %s and has no error", call.Status)
	}
	details, err := call.Error.AsFunctionCallErrorDetails()
	if err != nil {
		t.Fatal(err)
	}
	return *details.Message, *details.Trace
}

// await asks again and again until done is true.
func await[T any](t *testing.T, what string, ask func() (value T, done bool)) T {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), patience, errors.New("waited too long"))
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		value, done := ask()
		if done {
			return value
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waiting for %s: %v", what, context.Cause(ctx))
		}
	}
}

// zipOf packs files into an archive.
func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for name, content := range files {
		entry, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// reply is an answer whose body was read.
type reply struct {
	StatusCode int
	Header     http.Header
}

// raw sends a request to a path of the project and returns the answer.
func (h *harness) raw(method, path, body string) (reply, string) {
	h.t.Helper()
	return h.send(method, h.URL()+"/api/v1/projects/"+h.Project()+path, body, http.Header{
		"Authorization": {"Bearer any"}, "Content-Type": {"application/json"},
	})
}

// send sends any request and returns the answer with its body.
func (h *harness) send(method, url, body string, header http.Header) (reply, string) {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	request.Header = header
	response, err := h.http.Do(request)
	if err != nil {
		h.t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		h.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header}, string(text)
}

// refusal is what a refused request answers with.
type refusal struct {
	Status     int
	Message    string // the test compares a part of it
	Missing    []map[string]any
	Duplicated []map[string]any
}

// refused sends a request that must be refused, and compares the answer.
func (h *harness) refused(method, path, body string, want refusal) {
	h.t.Helper()
	response, text := h.raw(method, path, body)
	var envelope gen.ErrorEnvelope
	if err := json.Unmarshal([]byte(text), &envelope); err != nil {
		h.t.Fatalf("%s %s answers %d %s", method, path, response.StatusCode, text)
	}
	got := refusal{response.StatusCode, envelope.Error.Message, envelope.Error.Missing, envelope.Error.Duplicated}
	if strings.Contains(got.Message, want.Message) {
		got.Message = want.Message
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("%s %s %s (-want +got):\n%s", method, path, body, diff)
	}
	if int(envelope.Error.Code) != response.StatusCode {
		h.t.Errorf("code %d in an answer with status %d", envelope.Error.Code, response.StatusCode)
	}
}
