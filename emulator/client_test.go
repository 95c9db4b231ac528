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
	if runAsProcess() {
		return
	}
	goleak.VerifyTestMain(m)
}

// testTimeout bounds each wait of the tests.
const testTimeout = 20 * time.Second

// testClient is a client of an emulator. Its methods fail the test on unexpected errors.
type testClient struct {
	t testing.TB
	*emulator.Emulator
	*gen.API
	http *http.Client
}

// run starts an emulator and returns a client of it.
func run(tb testing.TB, options emulator.Options) *testClient {
	tb.Helper()
	return connect(tb, emulator.RunT(tb, options))
}

func connect(tb testing.TB, e *emulator.Emulator) *testClient {
	tb.Helper()
	return connectTo(tb, e, e.URL(), e.Project())
}

func connectTo(tb testing.TB, e *emulator.Emulator, url, project string) *testClient {
	tb.Helper()
	// Each test has its own transport. With a shared one, goleak would report idle connections.
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	web := &http.Client{Transport: transport, Timeout: testTimeout}
	client, err := gen.NewAPI(url+"/api/v1/projects/"+project, gen.WithHTTPClient(web),
		gen.WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer any")
			return nil
		}))
	if err != nil {
		tb.Fatal(err)
	}
	return &testClient{tb, e, client, web}
}

// upload creates a file with content and returns its id.
func (c *testClient) upload(content []byte) int64 {
	c.t.Helper()
	file, err := c.InitFileUpload(c.t.Context(), nil, gen.FileWrite{Name: "code.zip"})
	if err != nil {
		c.t.Fatal(err)
	}
	c.put(file.UploadURL, content)
	return file.ID
}

// put uploads content without a token, which an upload URL does not need.
func (c *testClient) put(url string, content []byte) {
	c.t.Helper()
	if response, body := c.send(http.MethodPut, url, string(content), http.Header{}); response.StatusCode != http.StatusOK {
		c.t.Fatalf("upload: status %d %s", response.StatusCode, body)
	}
}

// create creates a function and returns the response. Without a FileID, it uploads a file.
func (c *testClient) create(write gen.FunctionWrite) *gen.Function {
	c.t.Helper()
	if write.FileID == 0 {
		write.FileID = c.upload(zipArchive(c.t, map[string]string{"handler.py": "def handle(): pass"}))
	}
	created, err := c.PostFunctions(c.t.Context(), gen.FunctionCreateRequest{Items: []gen.FunctionWrite{write}})
	if err != nil {
		c.t.Fatal(err)
	}
	return &created.Items[0]
}

// deploy creates a function and waits until it is Ready.
func (c *testClient) deploy(write gen.FunctionWrite) *gen.Function {
	c.t.Helper()
	f := c.waitForDeployment(c.create(write).ID)
	if f.Status != gen.FunctionStatusReady {
		c.t.Fatalf("the function is %s: %s\n%s", f.Status, *f.Error.Message, *f.Error.Trace)
	}
	return f
}

// waitForDeployment waits until a function is Ready or Failed.
func (c *testClient) waitForDeployment(id int64) *gen.Function {
	c.t.Helper()
	return waitFor(c.t, "the end of the deployment", func() (*gen.Function, bool) {
		f, err := c.GetFunction(c.t.Context(), id)
		if err != nil {
			c.t.Fatal(err)
		}
		return f, f.Status == gen.FunctionStatusReady || f.Status == gen.FunctionStatusFailed
	})
}

// nonce creates a session and returns its nonce.
func (c *testClient) nonce() string {
	c.t.Helper()
	return c.createSession(c.clientCredentials()).Nonce
}

func (c *testClient) clientCredentials() gen.SessionWrite {
	c.t.Helper()
	var write gen.SessionWrite
	err := write.FromSessionWithClientCredentials(gen.SessionWithClientCredentials{ClientID: "client", ClientSecret: "secret"})
	if err != nil {
		c.t.Fatal(err)
	}
	return write
}

func (c *testClient) createSession(write gen.SessionWrite) gen.CreatedSession {
	c.t.Helper()
	created, err := c.CreateSessions(c.t.Context(), gen.SessionCreateRequest{Items: []gen.SessionWrite{write}})
	if err != nil {
		c.t.Fatal(err)
	}
	return created.Items[0]
}

// call starts a call.
func (c *testClient) call(functionID int64, data string) *gen.FunctionCall {
	c.t.Helper()
	request := gen.FunctionCallRequest{Nonce: c.nonce()}
	if data != "" {
		request.Data = gen.InputData(data)
	}
	call, err := c.PostFunctionsCall(c.t.Context(), functionID, request)
	if err != nil {
		c.t.Fatal(err)
	}
	return call
}

// waitForCall waits until a call has ended.
func (c *testClient) waitForCall(functionID, callID int64) *gen.FunctionCall {
	c.t.Helper()
	return waitFor(c.t, "the end of the call", func() (*gen.FunctionCall, bool) {
		call, err := c.GetFunctionCall(c.t.Context(), functionID, callID)
		if err != nil {
			c.t.Fatal(err)
		}
		return call, call.Status != gen.FunctionCallStatusRunning
	})
}

// callAndWait starts a call and waits until it has ended.
func (c *testClient) callAndWait(functionID int64, data string) *gen.FunctionCall {
	c.t.Helper()
	return c.waitForCall(functionID, c.call(functionID, data).ID)
}

// response returns the response of a call as JSON, or "" if it is absent.
func (c *testClient) response(call *gen.FunctionCall) string {
	c.t.Helper()
	response, err := c.GetFunctionCallResponse(c.t.Context(), call.FunctionID, call.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(response.Response)
}

// logs returns the log messages of a call.
func (c *testClient) logs(call *gen.FunctionCall) []string {
	c.t.Helper()
	logs, err := c.GetFunctionCallLogs(c.t.Context(), call.FunctionID, call.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	messages := []string{}
	for _, entry := range logs.Items {
		if *entry.Timestamp == 0 {
			c.t.Error("a log entry has no timestamp")
		}
		messages = append(messages, *entry.Message)
	}
	return messages
}

// callError returns the error of a call.
func callError(tb testing.TB, call *gen.FunctionCall) (message, trace string) {
	tb.Helper()
	if call.Error == nil {
		tb.Fatalf("the call is %s and has no error", call.Status)
	}
	details, err := call.Error.AsFunctionCallErrorDetails()
	if err != nil {
		tb.Fatal(err)
	}
	return *details.Message, *details.Trace
}

// waitFor calls check until done is true, and returns its value.
func waitFor[T any](tb testing.TB, condition string, check func() (value T, done bool)) T {
	tb.Helper()
	ctx, cancel := context.WithTimeoutCause(tb.Context(), testTimeout, errors.New("timeout of the test"))
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		value, done := check()
		if done {
			return value
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.Fatalf("waiting for %s: %v", condition, context.Cause(ctx))
		}
	}
}

// zipArchive returns an archive with files.
func zipArchive(tb testing.TB, files map[string]string) []byte {
	tb.Helper()
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for name, content := range files {
		entry, err := w.Create(name)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := entry.Write([]byte(content)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return archive.Bytes()
}

// httpResponse is a response whose body has been read.
type httpResponse struct {
	StatusCode int
	Header     http.Header
}

// request sends a JSON request to a path of the project and returns the response with its body.
func (c *testClient) request(method, path, body string) (httpResponse, string) {
	c.t.Helper()
	return c.send(method, c.URL()+"/api/v1/projects/"+c.Project()+path, body, http.Header{
		"Authorization": {"Bearer any"}, "Content-Type": {"application/json"},
	})
}

// send sends a request to a URL and returns the response with its body.
func (c *testClient) send(method, url, body string, header http.Header) (httpResponse, string) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header = header
	response, err := c.http.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		c.t.Fatal(err)
	}
	return httpResponse{response.StatusCode, response.Header}, string(content)
}

// errorResponse is the expected response to a rejected request.
type errorResponse struct {
	Status     int
	Message    string // a substring of the message
	Missing    []map[string]any
	Duplicated []map[string]any
}

// wantError sends a request to a path of the project and compares the error response.
func (c *testClient) wantError(method, path, body string, want errorResponse) {
	c.t.Helper()
	response, content := c.request(method, path, body)
	var envelope gen.ErrorEnvelope
	if err := json.Unmarshal([]byte(content), &envelope); err != nil {
		c.t.Fatalf("%s %s: status %d %s", method, path, response.StatusCode, content)
	}
	got := errorResponse{response.StatusCode, envelope.Error.Message, envelope.Error.Missing, envelope.Error.Duplicated}
	if strings.Contains(got.Message, want.Message) {
		got.Message = want.Message
	}
	if diff := cmp.Diff(want, got); diff != "" {
		c.t.Errorf("%s %s %s (-want +got):\n%s", method, path, body, diff)
	}
	if int(envelope.Error.Code) != response.StatusCode {
		c.t.Errorf("%s %s: code %d with status %d", method, path, envelope.Error.Code, response.StatusCode)
	}
}
