package interop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"golang.org/x/oauth2"

	"github.com/cogfn/cogfn/api"
	functions "github.com/cogfn/cogfn/wrapper"
)

const project = "test"

// mock is Prism, which makes up a service from the description, behind a proxy. The proxy takes away the part of the path
// that stands in the description's server URL, since Prism serves the bare paths; plays the storage that signed addresses
// lead to, which the description does not describe; and notes what Prism thinks of the requests.
type mock struct {
	url    string
	doc    *openapi3.T
	router routers.Router

	mu       sync.Mutex
	answered map[string]bool // ids of the operations that were answered with success
	faults   []string        // what Prism objected to
}

// startMock starts Prism with some more options, and stops it when the test ends.
func startMock(t *testing.T, options ...string) *mock {
	t.Helper()
	m := &mock{answered: map[string]bool{}}
	var err error
	if m.doc, err = openapi3.NewLoader().LoadFromData(api.OpenAPI); err != nil {
		t.Fatal(err)
	}
	m.doc.Servers = nil
	if m.router, err = legacy.NewRouter(m.doc); err != nil {
		t.Fatal(err)
	}
	address := startPrism(t, options)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	prism := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(address) },
		ModifyResponse: m.note,
		Transport:      transport,
	}
	mux := http.NewServeMux()
	prefix := "/api/v1/projects/" + project
	mux.Handle(prefix+"/", http.StripPrefix(prefix, prism))
	mux.HandleFunc("/string", storage)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	m.url = server.URL
	return m
}

var listening = regexp.MustCompile(`Prism is listening on (http://[0-9.:]+)`)

// startPrism starts the process on a free port and returns its address.
func startPrism(t *testing.T, options []string) *url.URL {
	t.Helper()
	args := append([]string{"mock", "--port", "0"}, options...)
	cmd := exec.CommandContext(t.Context(), tool(t, "tools/npm/node_modules/.bin/prism"), append(args, filepath.Join(root, "api/openapi.yaml"))...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	done := make(chan struct{})
	var log bytes.Buffer
	go func() { // until the end, since Prism stops when nobody reads what it prints
		defer close(done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Fprintln(&log, lines.Text())
			if match := listening.FindStringSubmatch(lines.Text()); match != nil {
				found <- match[1]
			}
		}
	}()
	t.Cleanup(func() { // the test's context has ended by now, which kills the process
		<-done
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("Prism printed:\n%s", log.String())
		}
	})
	select {
	case address := <-found:
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return u
	case <-done:
		t.Fatal("Prism has ended before it listened")
	case <-time.After(time.Minute):
		t.Fatal("Prism does not listen after a minute")
	}
	return nil
}

// storage takes and gives the bytes of files.
func storage(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(w, r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// violation is a fault that Prism finds in a request, or in an answer that it has made up itself.
type violation struct {
	Location      []string
	Code, Message string
}

// note keeps which operation was answered with success, and every fault that Prism names.
func (m *mock) note(resp *http.Response) error {
	operation := resp.Request.Method + " " + resp.Request.URL.Path
	if route, _, err := m.router.FindRoute(resp.Request); err == nil {
		operation = route.Operation.OperationID
	}
	var violations []violation
	if header := resp.Header.Get("Sl-Violations"); header != "" {
		if err := json.Unmarshal([]byte(header), &violations); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if resp.StatusCode/100 == 2 {
		m.answered[operation] = true
	} else {
		m.faults = append(m.faults, operation+": the answer is "+resp.Status)
	}
	for _, v := range violations {
		where := strings.Join(v.Location, ".")
		if v.Code == "maxProperties" && strings.HasPrefix(where, "response.body.") {
			continue // what Prism makes up at random has as many properties as it pleases
		}
		m.faults = append(m.faults, fmt.Sprintf("%s: %s: %s", operation, where, v.Message))
	}
	return nil
}

// client returns a client of the wrapper that talks to the mock and repeats nothing.
func (m *mock) client(t *testing.T) *functions.Client {
	t.Helper()
	client, err := functions.NewClient(functions.Config{
		BaseURL: m.url, Project: project, TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "any"}),
	}, functions.WithRetry(functions.RetryOptions{MaxRetries: -1}))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// check fails the test for all that Prism objected to and every operation that was not carried out.
func (m *mock) check(t *testing.T) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, fault := range m.faults {
		t.Errorf("Prism objects: %s", fault)
	}
	for _, item := range m.doc.Paths.Map() {
		for _, op := range item.Operations() {
			if !m.answered[op.OperationID] {
				t.Errorf("%s was not carried out; add it to the test", op.OperationID)
			}
		}
	}
}

// TestPrismObjects makes sure that a mute Prism would be noticed: it sends a request without its required field.
func TestPrismObjects(t *testing.T) {
	t.Parallel()
	service := startMock(t)
	_, err := service.client(t).Gen().Client.PostFunctionsWithBody(t.Context(), "application/json", strings.NewReader(`{}`))
	if err == nil {
		t.Error("Prism takes a request without its required field")
	}
	if faults := strings.Join(service.faults, "\n"); !strings.Contains(faults, "postFunctions: request.body: ") {
		t.Errorf("Prism objects to %q; want the request's body", faults)
	}
}
