package emulator_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
)

// affected sends requests and reports which of them a fault with status 418 affects.
func (c *faultClient) affected(n int) []int {
	c.t.Helper()
	var affected []int
	for i := range n {
		if c.post("/functions/list", "{}").status == http.StatusTeapot {
			affected = append(affected, i)
		}
	}
	return affected
}

func TestAffectedRequests(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		teapot := emulator.Fault{Kind: emulator.FaultStatus, Status: http.StatusTeapot}
		with := func(change func(*emulator.Fault)) emulator.Fault {
			f := teapot
			change(&f)
			return f
		}
		for name, tt := range map[string]struct {
			fault emulator.Fault
			want  []int
		}{
			"all requests":    {teapot, []int{0, 1, 2, 3, 4, 5}},
			"this operation":  {with(func(f *emulator.Fault) { f.Operation = "listFunctions" }), []int{0, 1, 2, 3, 4, 5}},
			"other operation": {with(func(f *emulator.Fault) { f.Operation = callOperation }), nil},
			"times":           {with(func(f *emulator.Fault) { f.Times = 2 }), []int{0, 1}},
			"skip":            {with(func(f *emulator.Fault) { f.Skip, f.Times = 3, 1 }), []int{3}},
		} {
			injection := c.Inject(tt.fault)
			if diff := cmp.Diff(tt.want, c.affected(6)); diff != "" || injection.Hits() != len(tt.want) {
				t.Errorf("%s: %d hits, affected requests (-want +got):\n%s", name, injection.Hits(), diff)
			}
			c.ClearFaults()
			if left := c.affected(1); left != nil {
				t.Errorf("%s: the fault applies after its removal", name)
			}
		}
	})
}

func TestFirstFaultWins(t *testing.T) {
	t.Parallel()
	e := emulator.RunT(t, emulator.Options{})
	c := &faultClient{Emulator: e, t: t, web: e.HTTPClient(), protocol: "HTTP/1.1"}
	for _, status := range []int{501, 502, 503} {
		c.Inject(emulator.Fault{Kind: emulator.FaultStatus, Status: status, Times: 1})
	}
	if err := c.Faults()[1].Remove(); err != nil {
		t.Fatal(err)
	}
	var got []int
	for range 3 {
		got = append(got, c.post("/functions/list", "{}").status)
	}
	if diff := cmp.Diff([]int{501, 503, 200}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

func TestProbability(t *testing.T) {
	t.Parallel()
	e := emulator.RunT(t, emulator.Options{})
	c := &faultClient{Emulator: e, t: t, web: e.HTTPClient(), protocol: "HTTP/1.1"}
	sequence := func(seed uint64) []int {
		c.ClearFaults()
		c.Inject(emulator.Fault{Kind: emulator.FaultStatus, Status: http.StatusTeapot, Probability: 0.3, Seed: seed})
		return c.affected(100)
	}
	first, again, other := sequence(1), sequence(1), sequence(2)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Errorf("seed 1 affects %v and %v, seed 2 %v; want the same twice and then another sequence", first, again, other)
	}
	if len(first) < 10 || len(first) > 60 {
		t.Errorf("%d of 100 requests are affected, want about 30", len(first))
	}
}

// Tokens, uploads and downloads can fail as well, the control API cannot.
func TestFaultsOutsideTheAPI(t *testing.T) {
	t.Parallel()
	e := emulator.RunT(t, emulator.Options{})
	c := &faultClient{Emulator: e, t: t, web: e.HTTPClient(), protocol: "HTTP/1.1"}
	upload := c.post("/files", `{"name":"a"}`)
	url := upload.field("uploadUrl")
	if put := c.do(http.MethodPut, url, "content"); put.status != http.StatusOK {
		t.Fatalf("upload: %+v", put)
	}
	download := c.post("/files/downloadlink", fmt.Sprintf(`{"items":[{"id":%s}]}`, upload.field("id"))).field("downloadUrl")
	for operation, send := range map[string]func() answer{
		"token":    func() answer { return c.do(http.MethodPost, c.TokenURL(), "") },
		"upload":   func() answer { return c.do(http.MethodPut, url, "other") },
		"download": func() answer { return c.do(http.MethodGet, download, "") },
	} {
		injection := c.Inject(emulator.Fault{Operation: operation, Kind: emulator.FaultStatus, Status: http.StatusTeapot, Times: 1})
		if got := send(); got.status != http.StatusTeapot || injection.Hits() != 1 {
			t.Errorf("%s: %+v, want the fault", operation, got)
		}
	}
	c.Inject(emulator.Fault{Kind: emulator.FaultReset})
	if got := c.do(http.MethodGet, c.URL()+"/_emulator/clock", ""); got.status != http.StatusUnauthorized {
		t.Errorf("control API: %+v, want no fault", got)
	}
}

func TestExpiredTokenFault(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]emulator.Options{
		"any credentials": {}, "own clients": {Clients: map[string]string{"id": "secret"}}, "TLS": {TLS: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := run(t, options)
			c.http = c.HTTPClient()
			c.Freeze() // the tokens before and after the fault have the same time
			newToken := func() string {
				_, token := c.token("grant_type=client_credentials&client_id=id&client_secret=secret", http.Header{})
				return fmt.Sprint(token["access_token"])
			}
			list := func(token string) int {
				response, _ := c.send(http.MethodPost, c.URL()+"/api/v1/projects/emulator/functions/list", "{}", http.Header{"Authorization": {"Bearer " + token}})
				return response.StatusCode
			}
			old := newToken()
			got := []int{list(old)}
			c.Inject(emulator.Fault{Kind: emulator.FaultExpiredToken})
			renewed := newToken()
			got = append(got, list(old), list(old), list(renewed), list("foreign"), list(renewed))
			c.Inject(emulator.Fault{Kind: emulator.FaultExpiredToken})
			got = append(got, list(renewed), list(newToken()))
			if diff := cmp.Diff([]int{200, 401, 401, 200, 401, 200, 401, 200}, got); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInjectPanics(t *testing.T) {
	t.Parallel()
	e := emulator.RunT(t, emulator.Options{})
	defer func() {
		if reason := fmt.Sprint(recover()); !strings.Contains(reason, "kind") {
			t.Errorf("Inject panics with %q, want the invalid kind", reason)
		}
	}()
	e.Inject(emulator.Fault{})
}

// A delay after the work is one of the response only. The work stays done if the client does not wait for it.
func TestDelayAfterWork(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		c.Freeze()
		c.injectOnce(emulator.Fault{Kind: emulator.FaultStatus, Status: http.StatusBadGateway, AfterWork: true, Delay: time.Hour})
		nonce := c.nonce()
		lost := make(chan answer, 1)
		go func() { lost <- c.callWith(nonce) }()
		waitFor(t, "the work", func() (bool, bool) { return true, len(c.Calls("f")) == 1 })
		if len(lost) != 0 {
			t.Errorf("%+v arrived before its delay", <-lost)
		}
		c.advanceUntil(time.Hour, func() bool { return len(lost) == 1 })
		if got := <-lost; got.status != http.StatusBadGateway {
			t.Errorf("%+v, want 502 after the delay", got)
		}
	})
}

// The header of a slow body arrives before the first piece of the body.
func TestSlowBodySendsHeaderFirst(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		c.Freeze()
		c.Inject(emulator.Fault{Operation: "functionsLimits", Kind: emulator.FaultSlowBody, Duration: time.Hour, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
		defer cancel()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL()+"/api/v1/projects/emulator/functions/limits", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer any")
		response, err := c.web.Do(request) // returns with the header, while the clock stands still
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("status %d, error %v", response.StatusCode, err)
		}
	})
}
