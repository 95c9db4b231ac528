package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cogfn/cogfn/api"
	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/contract/check"
	"github.com/cogfn/cogfn/tests/contract/coverage"
	"github.com/cogfn/cogfn/tests/contract/exchange"
	"github.com/cogfn/cogfn/tests/contract/scenario"
	functions "github.com/cogfn/cogfn/wrapper"
)

// spy sends requests, adds secrets to the responses, and records all secrets in requests and responses.
type spy struct {
	next http.RoundTripper

	mu      sync.Mutex
	secrets map[string]bool
	files   map[string]bool
}

const injected = "injected-secret"

// secretValues matches secrets in bodies, and fileIDs the ids of created files.
var (
	secretValues = regexp.MustCompile(`"(?:nonce|access_token|uploadUrl|downloadUrl|clientSecret|clientId|indexUrl)": ?"([^"]{4,})"`)
	fileIDs      = regexp.MustCompile(`"id":(\d+),[^{]*"uploaded"|"uploadUrl".*"id":(\d+)`)
)

func newSpy(t *testing.T) *spy {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &spy{next: transport, secrets: map[string]bool{injected: true}, files: map[string]bool{}}
}

func (s *spy) RoundTrip(req *http.Request) (*http.Response, error) {
	var sent []byte
	if req.Body != nil {
		var err error
		if sent, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(sent))
	}
	resp, err := s.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	received, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(received))
	for _, name := range []string{"Set-Cookie", "X-Request-Id", "Authorization", "Www-Authenticate"} {
		resp.Header.Set(name, injected)
	}
	s.record(req, sent, received)
	return resp, nil
}

func (s *spy) record(req *http.Request, bodies ...[]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer "); token != "" {
		s.secrets[token] = true
	}
	for _, body := range bodies {
		for _, match := range secretValues.FindAllSubmatch(body, -1) {
			s.secrets[string(match[1])] = true
		}
	}
	if req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/files") {
		for _, match := range fileIDs.FindAllSubmatch(bodies[1], -1) {
			s.files[string(match[1])+string(match[2])] = true
		}
	}
}

// spiedEmulator returns an emulator, a target that records it in a temporary directory, and the spy between them.
func spiedEmulator(t *testing.T, name string) (*emulator.Emulator, *target, *spy) {
	t.Helper()
	e := emulator.RunT(t, emulatorOptions(name))
	target, err := emulatorTarget(arguments{dir: t.TempDir(), quick: true}, name, e)
	if err != nil {
		t.Fatal(err)
	}
	spy := newSpy(t)
	target.transport = spy
	return e, target, spy
}

// recordedText returns the content of all files in a directory.
func recordedText(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// TestScenario records the scenario with an emulator that checks its responses. Each operation must succeed at least once,
// all resources must be deleted, and the recordings must not contain secrets.
func TestScenario(t *testing.T) {
	t.Parallel()
	e, target, spy := spiedEmulator(t, "cogfn-secretive")
	if err := target.record(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	text := recordedText(t, target.dir)
	if len(spy.secrets) < 20 || !strings.Contains(text, "redacted-nonce") {
		t.Fatalf("found only %d secrets and %d bytes of recordings; correct the patterns of the spy", len(spy.secrets), len(text))
	}
	host := strings.TrimPrefix(e.URL(), "http://")
	for _, secret := range []string{e.ClientSecret(), e.ClientID(), e.Project(), host, "not-so-secret", "user:password"} {
		spy.secrets[secret] = true
	}
	for _, harmless := range []string{"none", "unknown-client", "wrong", "not-a-nonce", "not-a-token", target.options.Name + "-refused"} {
		delete(spy.secrets, harmless)
	}
	for secret := range spy.secrets {
		if strings.Contains(text, secret) {
			t.Errorf("the recordings contain the secret %q", secret)
		}
	}
	checkEveryOperation(t, target.dir)
	checkNothingIsLeft(t, target, spy)
}

// checkEveryOperation checks that the recordings have each successful response of each operation.
func checkEveryOperation(t *testing.T, dir string) {
	t.Helper()
	cassettes, err := exchange.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	description, err := check.Load(api.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	covered := map[coverage.Point]bool{}
	for _, cassette := range cassettes {
		for _, x := range cassette.Exchanges {
			maps.Copy(covered, coverage.Covered(description, x))
		}
	}
	for point := range coverage.Declared(description.Strict) {
		if point.Kind == coverage.Status && strings.HasPrefix(point.Place, "2") && !covered[point] {
			t.Errorf("the scenario has no response for %s", point)
		}
	}
}

// checkNothingIsLeft checks that no functions, schedules and files of the scenario exist.
func checkNothingIsLeft(t *testing.T, target *target, spy *spy) {
	t.Helper()
	client, err := functions.NewClient(target.options.Config, functions.WithHTTPClient(&http.Client{Transport: spy.next}))
	if err != nil {
		t.Fatal(err)
	}
	for fn, err := range client.All(t.Context(), functions.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(fn.Name, target.options.Name) {
			t.Errorf("the function %s still exists", fn.Name)
		}
	}
	for schedule, err := range client.Schedules.All(t.Context(), functions.SchedulesFilter{}) {
		t.Errorf("a schedule still exists: %v, %v", schedule, err)
	}
	if len(spy.files) < 2 {
		t.Errorf("found only %d files; correct the patterns of the spy", len(spy.files))
	}
	for id := range spy.files {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			target.redactor.base.String()+"/api/v1/projects/"+target.options.Config.Project+"/files/"+id, nil)
		if err != nil {
			t.Fatal(err)
		}
		token, err := target.options.Config.TokenSource.Token()
		if err != nil {
			t.Fatal(err)
		}
		token.SetAuthHeader(req)
		resp, err := spy.next.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("the file %s still exists: status %d", id, resp.StatusCode)
		}
	}
}

// TestFailureDeletesResources checks that all resources are deleted if the service fails, or the caller cancels, in the
// middle of a section.
func TestFailureDeletesResources(t *testing.T) {
	t.Parallel()
	for name, cancels := range map[string]bool{"cogfn-unavailable": false, "cogfn-canceled": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, target, spy := spiedEmulator(t, name)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			target.options.Plain = spy
			target.options.Transport = func(section scenario.Section) (http.RoundTripper, func() error, error) {
				transport, save, err := target.section(section)
				return failing{transport, cancels, cancel}, save, err
			}
			if err := scenario.Run(ctx, target.options); err == nil || !strings.Contains(err.Error(), "section calls") {
				t.Errorf("error = %v; want one that names the section", err)
			}
			for section, recorded := range map[string]bool{"functions": true, "calls": false} {
				if _, err := os.Stat(filepath.Join(target.dir, "emulator", section+".yaml")); (err == nil) != recorded {
					t.Errorf("section %s: error = %v; want recorded = %v", section, err, recorded)
				}
			}
			checkNothingIsLeft(t, target, spy)
		})
	}
}

// failing fails when a request retrieves the response of a call.
type failing struct {
	http.RoundTripper

	cancels bool
	cancel  func()
}

func (f failing) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.URL.Path, "/response") {
		return f.RoundTripper.RoundTrip(req)
	}
	if f.cancels {
		f.cancel()
		return nil, context.Canceled
	}
	return nil, errors.New("the service is unavailable")
}

// TestRealProject records an emulator as a real project that has another function.
func TestRealProject(t *testing.T) {
	t.Parallel()
	e := emulator.RunT(t, emulator.Options{Project: "customers-project", Clients: map[string]string{"customers-client": "customers-secret"}})
	config := functions.Config{BaseURL: e.URL(), Project: e.Project(), TokenSource: functions.ClientCredentials(functions.ClientCredentialsConfig{
		ClientID: e.ClientID(), ClientSecret: functions.Secret(e.ClientSecret()), TokenURL: e.TokenURL(),
	})}
	client, err := functions.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	other, err := client.Create(t.Context(), functions.FunctionWrite{Name: "other-function"}, functions.HandlerText("def handle(data):\n    return 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	env := map[string]string{"IDP_CLIENT_ID": e.ClientID(), "IDP_CLIENT_SECRET": e.ClientSecret()}
	target, err := liveTarget(arguments{dir: dir, kind: "not a real project", quick: true}, "cogfn-live", config, func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	spy := newSpy(t)
	target.transport = spy
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := target.record(ctx, io.Discard); err != nil {
		t.Fatal(err)
	}
	text := recordedText(t, dir)
	for _, private := range []string{"other-function", "customers-project", e.ClientID(), e.ClientSecret()} {
		if strings.Contains(text, private) {
			t.Errorf("the recordings contain %q", private)
		}
	}
	cassettes, err := exchange.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, cassette := range cassettes {
		if cassette.Provenance != exchange.Live || !strings.HasPrefix(cassette.Source, "not a real project, recorded ") {
			t.Errorf("unexpected header %+v", cassette.Header)
		}
	}
	checkNothingIsLeft(t, target, spy)
	if err := other.Update(t.Context()); err != nil {
		t.Errorf("the other function does not exist: %v", err)
	}
}
