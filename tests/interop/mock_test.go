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
	"github.com/cogfn/cogfn/internal/openapi"
	functions "github.com/cogfn/cogfn/wrapper"
)

const project = "test"

// mock is Prism, which builds responses from the description, behind a proxy. The proxy
//   - removes the part of the path that is in the server URL of the description, because Prism serves paths without it;
//   - serves the upload and download URLs, which are not part of the description;
//   - records the faults that Prism finds in requests and responses.
type mock struct {
	url    string
	doc    *openapi3.T
	router routers.Router

	mu        sync.Mutex
	successes map[string]bool // ids of the operations with a successful response
	faults    []string        // the faults that Prism found
}

// startMock starts Prism with more options, and stops it when the test ends.
func startMock(t *testing.T, options ...string) *mock {
	t.Helper()
	m := &mock{successes: map[string]bool{}}
	var err error
	if m.doc, err = openapi.Load(api.OpenAPI); err != nil {
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
		ModifyResponse: m.record,
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
	go func() { // to the end, because Prism blocks when its output is not read
		defer close(done)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			fmt.Fprintln(&log, lines.Text())
			if match := listening.FindStringSubmatch(lines.Text()); match != nil {
				found <- match[1]
			}
		}
	}()
	t.Cleanup(func() { // the test's context is canceled before cleanups, which kills the process
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
		t.Fatal("Prism ended before it listened")
	case <-time.After(time.Minute):
		t.Fatal("Prism did not listen within a minute")
	}
	return nil
}

// storage accepts any upload and returns the request body.
func storage(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(w, r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// violation is a fault that Prism finds in a request or in its own response.
type violation struct {
	Location      []string
	Code, Message string
}

// record records the operation if the response is a success, and every fault that Prism reports.
func (m *mock) record(resp *http.Response) error {
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
		m.successes[operation] = true
	} else {
		m.faults = append(m.faults, operation+": the status is "+resp.Status)
	}
	for _, v := range violations {
		where := strings.Join(v.Location, ".")
		if v.Code == "maxProperties" && strings.HasPrefix(where, "response.body.") {
			continue // random responses of Prism ignore maxProperties
		}
		m.faults = append(m.faults, fmt.Sprintf("%s: %s: %s", operation, where, v.Message))
	}
	return nil
}

// client returns a client of the wrapper for the mock, without retries.
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

// succeeded reports whether the operation had a successful response.
func (m *mock) succeeded(operation string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.successes[operation]
}

// check fails the test for each fault that Prism found.
func (m *mock) check(t *testing.T) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, fault := range m.faults {
		t.Errorf("Prism found a fault: %s", fault)
	}
}

// TestPrismFindsFaults sends a request without its required field, which Prism must reject.
func TestPrismFindsFaults(t *testing.T) {
	t.Parallel()
	service := startMock(t)
	resp, err := service.client(t).Gen().PostFunctionsWithBody(t.Context(), "application/json", strings.NewReader(`{}`))
	if err == nil {
		_ = resp.Body.Close()
		t.Error("Prism accepts a request without its required field")
	}
	if faults := strings.Join(service.faults, "\n"); !strings.Contains(faults, "postFunctions: request.body: ") {
		t.Errorf("the faults are %q; want one of the request body", faults)
	}
}
