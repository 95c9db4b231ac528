package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"

	"github.com/cogfn/cogfn/tests/contract/exchange"
)

func exampleRedactor() *redactor { return redactorOf("customer") }

func redactorOf(project string) *redactor {
	return newRedactor(&url.URL{Scheme: "https", Host: "westeurope-1.cognitedata.com"}, project, "cogfn-", "s3cret", "")
}

// TestRedact redacts an exchange with secrets in all places.
func TestRedact(t *testing.T) {
	t.Parallel()
	recorded := &cassette.Interaction{
		Request: cassette.Request{
			Method: "POST", Host: "westeurope-1.cognitedata.com", RemoteAddr: "10.0.0.1:1", Form: url.Values{"secret": {"s3cret"}},
			URL:     "https://westeurope-1.cognitedata.com/api/v1/projects/customer/functions?cursor=s3cret",
			Headers: http.Header{"Authorization": {"Bearer s3cret"}, "Cookie": {"s3cret"}, "Accept": {"application/json"}, "X-Cdp-App": {"secretive"}},
			Body: `{"items":[{"name":"a<b","secrets":{"key":"one"},"indexUrl":"https://me:two@x.com","extraIndexUrls":["https://me:three@x.com"],` +
				`"nonce":"four","data":{"client_secret":"five","deep":[{"Access-Token":"six"}],"text":"at westeurope-1.cognitedata.com in customer: s3cret"}}]}`,
		},
		Response: cassette.Response{
			Status: "200 OK", Code: 200, Headers: http.Header{"Set-Cookie": {"s3cret"}, "Content-Type": {"application/json"}, "Retry-After": {"1"}},
			Body: `{"items":[{"id":12345678901234567890,"uploadUrl":"https://up.example.com/?sig=seven","token":null},` +
				`{"name":"other-function","createdTime":1},{"name":"cogfn-mine","createdTime":1}]}`,
		},
	}
	if err := exampleRedactor().redact(recorded); err != nil {
		t.Fatal(err)
	}
	want := &cassette.Interaction{
		Request: cassette.Request{
			Method: "POST", URL: "https://cluster.cognitedata.com/api/v1/projects/project/functions?cursor=redacted",
			Headers: http.Header{"Accept": {"application/json"}},
			Body: `{"items":[{"data":{"client_secret":"redacted-secret","deep":[{"Access-Token":"redacted-token"}],` +
				`"text":"at cluster.cognitedata.com in project: redacted"},"extraIndexUrls":["https://index.example.com/simple"],` +
				`"indexUrl":"https://index.example.com/simple","name":"a<b","nonce":"redacted-nonce","secrets":{"key":"***"}}]}`,
		},
		Response: cassette.Response{
			Status: "200 OK", Code: 200, Headers: http.Header{"Content-Type": {"application/json"}, "Retry-After": {"1"}},
			Body: `{"items":[{"id":12345678901234567890,"token":null,"uploadUrl":"https://upload.example.com/file"},` +
				`{"createdTime":1,"name":"cogfn-mine"}]}`,
		},
	}
	want.Request.ContentLength, want.Response.ContentLength = int64(len(want.Request.Body)), int64(len(want.Response.Body))
	if diff := cmp.Diff(want.Request, recorded.Request); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want.Response, recorded.Response); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
}

// TestRedactRemovesOtherContent checks that bodies other than JSON are removed.
func TestRedactRemovesOtherContent(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"grant_type=client_credentials&client_secret=x", "PK\x03\x04", `{"a":1} trailing`} {
		if got := exampleRedactor().body(body); got != "" {
			t.Errorf("the body %q is recorded as %q", body, got)
		}
	}
}

// TestPassThrough checks that only requests to the API of the project are recorded.
func TestPassThrough(t *testing.T) {
	t.Parallel()
	target := &target{redactor: exampleRedactor()}
	for address, want := range map[string]bool{
		"https://westeurope-1.cognitedata.com/api/v1/projects/customer/functions": false,
		"https://westeurope-1.cognitedata.com/api/v1/token/inspect":               true,
		"https://westeurope-1.cognitedata.com/api/v1/projects/other/functions":    true,
		"https://auth.cognite.com/oauth2/token":                                   true,
		"https://storage.example.com/api/v1/projects/customer/functions":          true,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := target.passThrough(req); got != want {
			t.Errorf("passThrough(%s) = %v; want %v", address, got, want)
		}
	}
}

// TestInvalidArguments checks that a project is not used unless the flags confirm it.
func TestInvalidArguments(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // if the check is missing, the scenario fails without a request
	for name, tt := range map[string]struct {
		args    []string
		project string
		want    string
	}{
		"project not repeated":    {nil, "customer", `CDF_PROJECT is "customer"`},
		"another project":         {[]string{"--project", "other", "--kind", "test"}, "customer", "--project"},
		"kind is missing":         {[]string{"--project", "customer"}, "customer", "--kind"},
		"project without setting": {[]string{"--project", "customer"}, "", "CDF_PROJECT"},
		"unknown flag":            {[]string{"--force"}, "customer", "force"},
	} {
		err := run(ctx, tt.args, func(name string) string { return map[string]string{"CDF_PROJECT": tt.project}[name] }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error = %v; want one that contains %q", name, err, tt.want)
		}
	}
}

// TestHeaderFS checks that recordings begin with the header.
func TestHeaderFS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	header := exchange.Header{Provenance: exchange.Emulator, Source: "a test"}
	fs := headerFS{cassette.NewDiskFS(), header}
	if err := fs.WriteFile(dir+"/emulator/a.yaml", []byte("---\nversion: 2\n")); err != nil {
		t.Fatal(err)
	}
	want := "# provenance: emulator\n# source: a test\n---\nversion: 2\n"
	if got := recordedText(t, dir); got != want {
		t.Errorf("file = %q; want %q", got, want)
	}
}

func TestRedactProjectInPath(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ project, url, want string }{
		"project named as an operation": {
			"functions", "https://westeurope-1.cognitedata.com/api/v1/projects/functions/functions/list", "/api/v1/projects/project/functions/list",
		},
		"project named as a part of an operation": {
			"function", "https://westeurope-1.cognitedata.com/api/v1/projects/function/functions?limit=3", "/api/v1/projects/project/functions?limit=3",
		},
		"other path": {"customer", "https://westeurope-1.cognitedata.com/storage/customer/7", "/storage/project/7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := redactorOf(tt.project)
			i := &cassette.Interaction{Request: cassette.Request{Method: "GET", URL: tt.url}}
			if err := r.redact(i); err != nil || i.Request.URL != anyServer+tt.want {
				t.Errorf("URL = %s, %v; want %s", i.Request.URL, err, anyServer+tt.want)
			}
		})
	}
}

func TestRedactSessionsOfOthers(t *testing.T) {
	t.Parallel()
	r := exampleRedactor()
	created := &cassette.Interaction{Response: cassette.Response{Body: `{"items":[{"id":5,"status":"READY","nonce":"n"}]}`}}
	listed := &cassette.Interaction{Response: cassette.Response{
		Body: `{"items":[{"id":5,"status":"READY","creationTime":1},{"id":6,"status":"ACTIVE","creationTime":1,"clientId":"theirs"}]}`,
	}}
	for _, i := range []*cassette.Interaction{created, listed} {
		if err := r.redact(i); err != nil {
			t.Fatal(err)
		}
	}
	if want := `{"items":[{"creationTime":1,"id":5,"status":"READY"}]}`; listed.Response.Body != want {
		t.Errorf("response = %s; want %s", listed.Response.Body, want)
	}
}
