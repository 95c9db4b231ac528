package emulator_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// Rejected requests have secrets in places where the API expects none.
func TestRejectedRequestsHaveNoSecrets(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	upload := c.initUpload(false, gen.FileWrite{Name: "a"}).UploadURL
	signature := upload[strings.LastIndex(upload, "/")+1:]
	project := c.URL() + "/api/v1/projects/" + c.Project()
	for name, tt := range map[string]struct{ method, url, body, secret string }{
		"wrong method":      {http.MethodPost, upload, "", signature},
		"path too long":     {http.MethodPut, upload + "/more", "", signature},
		"empty segment":     {http.MethodPut, c.URL() + "//storage//files/1/" + signature, "", signature},
		"wrong base":        {http.MethodPut, project + "/storage/files/1/" + signature, "", signature},
		"escaped slash":     {http.MethodPut, c.URL() + "/storage/files%2F1%2F" + signature, "", signature},
		"query of token":    {http.MethodPost, c.TokenURL() + "?client_secret=PLANTED", "", "PLANTED"},
		"case of a key":     {http.MethodPost, project + "/sessions", `{"items":[{"clientsecret":"PLANTED"}]}`, "PLANTED"},
		"another key style": {http.MethodPost, project + "/sessions", `{"items":[{"client-secret":"PLANTED"}]}`, "PLANTED"},
	} {
		before := len(c.Requests())
		response, _ := c.send(tt.method, tt.url, tt.body, http.Header{"Authorization": {"Bearer any"}})
		requests := c.Requests()[before:]
		if len(requests) != 1 || response.StatusCode < 400 || requests[0].Status != response.StatusCode {
			t.Fatalf("%s: status %d, requests %+v", name, response.StatusCode, requests)
		}
		if text := fmt.Sprintf("%+v\n%s", requests, c.Dump()); strings.Contains(text, tt.secret) || !strings.Contains(text, "***") {
			t.Errorf("%s: the secret %s is shown, or nothing is masked, in\n%s", name, tt.secret, text)
		}
	}
}

// A request that the client gives up has no status.
func TestAbortedRequest(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		if err := c.Reset(); err != nil {
			t.Fatal(err)
		}
		c.Freeze() // so that the delay does not end
		c.Inject(emulator.Fault{Kind: emulator.FaultDelay, Delay: time.Hour})
		ctx, cancel := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL()+"/api/v1/projects/emulator/functions", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer any")
		waitForRequest := func(what string, done func(emulator.Request) bool) emulator.Request {
			return waitFor(t, what, func() (emulator.Request, bool) {
				requests := c.Requests()
				if len(requests) == 0 {
					return emulator.Request{}, false
				}
				return requests[0], done(requests[0])
			})
		}
		aborted := make(chan error, 1)
		go func() {
			response, err := c.web.Do(request)
			if err == nil {
				_ = response.Body.Close()
			}
			aborted <- err
		}()
		waitForRequest("the delay", func(r emulator.Request) bool { return r.Fault == string(emulator.FaultDelay) })
		cancel()
		if err := <-aborted; err == nil {
			t.Error("the aborted request has a response")
		}
		if r := waitForRequest("the end of the request", func(r emulator.Request) bool { return r.Duration != 0 }); r.Status != 0 {
			t.Errorf("request %+v, want status 0", r)
		}
	})
}

// recordingT is a test that has failed. It records its log.
type recordingT struct {
	failingT

	cleanups []func()
	logged   string
}

// Failed, Cleanup and Logf implement [emulator.TB].
func (*recordingT) Failed() bool           { return true }
func (r *recordingT) Cleanup(clean func()) { r.cleanups = append(r.cleanups, clean) }
func (r *recordingT) Logf(format string, args ...any) {
	r.logged += fmt.Sprintf(format, args...)
}

func TestRunTLogsTheDumpOfAFailedTest(t *testing.T) {
	t.Parallel()
	var failed recordingT
	e := emulator.RunT(&failed, emulator.Options{Handlers: map[string]emulator.Handler{"f": noop}})
	if failed.fatal != "" {
		t.Fatal(failed.fatal)
	}
	for _, clean := range failed.cleanups {
		clean()
	}
	for _, want := range []string{"emulator " + e.URL(), "function ", "f: Ready"} {
		if !strings.Contains(failed.logged, want) {
			t.Errorf("the log does not contain %q:\n%s", want, failed.logged)
		}
	}
}

// Texts of the user do not break the lines and columns of the dump.
func TestDumpOfLongTexts(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Overrides: map[string]emulator.Handler{"two\nlines": noop}})
	f := c.deploy(gen.FunctionWrite{Name: "two\nlines"})
	c.SetOutcomes("two\nlines", emulator.Outcome{Error: "a\tb\n" + strings.Repeat("x", 1000), Log: []string{"c\td"}})
	c.callAndWait(f.ID, "")
	dump := c.Dump()
	for _, want := range []string{fmt.Sprintf("function %d two lines: Ready\n", f.ID), "  a b xxx", "xxx…\n    log: c d\n"} {
		if !strings.Contains(dump, want) {
			t.Errorf("the dump does not contain %q:\n%s", want, dump)
		}
	}
}
