package emulator_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
)

// A late response comes after the work, or the work comes late as well.
func TestDelayBeforeAndAfterWork(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		c.Freeze()
		for i, afterWork := range []bool{true, false} {
			delay := c.Inject(emulator.Fault{Operation: callOperation, Kind: emulator.FaultDelay, Delay: 30 * time.Second, AfterWork: afterWork, Times: 1})
			nonce, late := c.nonce(), make(chan answer, 1)
			go func() { late <- c.callWith(nonce) }()
			waitFor(t, "the request", func() (bool, bool) { return true, delay.Hits() == 1 && len(c.Calls("f")) >= 1 })
			if calls := len(c.Calls("f")); calls != 1 || len(late) != 0 {
				t.Errorf("after work %t: %d calls and %d responses during the delay, want 1 and 0", afterWork, calls, len(late))
			}
			c.advanceUntil(time.Second, func() bool { return len(late) == 1 })
			if got := <-late; got.status != http.StatusCreated {
				t.Errorf("after work %t: %+v", afterWork, got)
			}
			c.wantCalls("after the delay", i+1)
		}
	})
}

func TestStaleReadFault(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		stale := c.Inject(emulator.Fault{Kind: emulator.FaultStaleRead, Times: 3})
		c.Handle("new", noop)
		names := func() string {
			return strconv.Itoa(strings.Count(c.post("/functions/list", "{}").body, `"externalId"`))
		}
		c.post("/sessions", `{"items":[{"tokenExchange":true}]}`) // does not count, because it does not read
		if diff := cmp.Diff([]string{"1", "1", "1", "2"}, []string{names(), names(), names(), names()}); diff != "" || stale.Hits() != 3 {
			t.Errorf("number of functions (-want +got):\n%s", diff)
		}
		if err := stale.Remove(); err != nil {
			t.Error(err)
		}
	})
}

func TestExpiredNonceFault(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		c.Inject(emulator.Fault{Kind: emulator.FaultExpiredNonce, Times: 2})
		schedule := func() answer {
			nonce := c.nonce()
			id := strings.TrimPrefix(c.functionPath, "/functions/")
			return c.post("/functions/schedules", fmt.Sprintf(`{"items":[{"name":"s","cronExpression":"* * * * *","functionId":%s,"nonce":%q}]}`, id, nonce))
		}
		var statuses []int
		for _, send := range []func() answer{c.call, schedule, c.call, schedule} {
			got := send()
			statuses = append(statuses, got.status)
			if got.status == http.StatusBadRequest && !strings.Contains(got.body, "Failed to bind") {
				t.Errorf("%+v, want the error of an expired nonce", got)
			}
		}
		if diff := cmp.Diff([]int{400, 400, 201, 201}, statuses); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
	})
}

// A client that repeats a request with the same nonce does not succeed after the fault.
func TestExpiredNonceStaysExpired(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		c.Inject(emulator.Fault{Kind: emulator.FaultExpiredNonce, Times: 1})
		nonce := c.nonce()
		if diff := cmp.Diff([]int{400, 400}, []int{c.callWith(nonce).status, c.callWith(nonce).status}); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
		c.wantCalls("an expired nonce", 0)
		if sessions := c.do(http.MethodGet, c.URL()+"/api/v1/projects/emulator/sessions", ""); sessions.field("status") != "EXPIRED" {
			t.Errorf("sessions %s, want an expired one", sessions.body)
		}
	})
}

// A stale download has the content at the time of the injection, even if the file is overwritten or deleted.
func TestStaleDownload(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		file := c.post("/files", `{"name":"f","externalId":"file"}`)
		c.do(http.MethodPut, file.field("uploadUrl"), "old")
		link := c.post("/files/downloadlink", `{"items":[{"externalId":"file"}]}`).field("downloadUrl")
		c.Inject(emulator.Fault{Operation: "download", Kind: emulator.FaultStaleRead, Times: 2})
		content := func() string { return c.do(http.MethodGet, link, "").body }
		c.do(http.MethodPut, file.field("uploadUrl"), "new")
		got := []string{content()}
		c.post("/files/delete", `{"items":[{"externalId":"file"}]}`)
		if diff := cmp.Diff([]string{"old", "old"}, append(got, content())); diff != "" {
			t.Errorf("contents (-want +got):\n%s", diff)
		}
		if status := c.do(http.MethodGet, link, "").status; status != http.StatusNotFound {
			t.Errorf("status %d after the fault, want 404", status)
		}
	})
}

// Changes of the caller's map after the injection have no effect.
func TestInjectCopiesTheFault(t *testing.T) {
	t.Parallel()
	e := emulator.RunT(t, emulator.Options{})
	c := &faultClient{Emulator: e, t: t, web: e.HTTPClient(), protocol: "HTTP/1.1"}
	c.Freeze()
	headers, date := map[string]string{"X-A": "1"}, time.Hour
	c.Inject(emulator.Fault{Kind: emulator.FaultStatus, Status: http.StatusTeapot, Headers: headers, RetryAfterDate: &date})
	headers["X-A"], date = "2", 0
	got := c.post("/functions/list", "{}")
	if got.header.Get("X-A") != "1" || got.header.Get("Retry-After") != c.Now().Add(time.Hour).UTC().Format(http.TimeFormat) {
		t.Errorf("header %v, want those at the time of the injection", got.header)
	}
}

// A request that waits while its stale read is removed sees the current state.
func TestRemovedStaleRead(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		c.Freeze()
		stale := c.Inject(emulator.Fault{Operation: "listFunctions", Kind: emulator.FaultStaleRead, Delay: time.Hour})
		c.Handle("new", noop)
		listed := make(chan answer, 1)
		go func() { listed <- c.post("/functions/list", "{}") }()
		waitFor(t, "the request", func() (bool, bool) { return true, stale.Hits() == 1 })
		if err := stale.Remove(); err != nil {
			t.Error(err)
		}
		c.advanceUntil(time.Hour, func() bool { return len(listed) == 1 })
		if got := <-listed; got.status != http.StatusOK || !strings.Contains(got.body, `"new"`) {
			t.Errorf("%+v, want the current functions", got)
		}
	})
}

// Tokens of an earlier process are old, however many faults it had.
func TestExpiredTokenAfterRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	status := func(c *testClient, authorization string) int {
		response, _ := c.send(http.MethodGet, c.URL()+"/api/v1/projects/emulator/functions/limits", "", http.Header{"Authorization": {authorization}})
		return response.StatusCode
	}
	c := run(t, emulator.Options{DataDir: dir})
	for range 3 {
		c.Inject(emulator.Fault{Kind: emulator.FaultExpiredToken})
	}
	_, token := c.token(credentials("id", "secret"), nil)
	old := bearer(token)
	if got := status(c, old); got != http.StatusOK {
		t.Errorf("status %d for a new token, want 200", got)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = run(t, emulator.Options{DataDir: dir})
	before := status(c, old)
	c.Inject(emulator.Fault{Kind: emulator.FaultExpiredToken})
	if diff := cmp.Diff([]int{http.StatusOK, http.StatusUnauthorized}, []int{before, status(c, old)}); diff != "" {
		t.Errorf("statuses before and after the fault (-want +got):\n%s", diff)
	}
}

// A field that the response does not have is reported instead of an unchanged response.
func TestMissingFieldThatDoesNotExist(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		for _, field := range []string{"nope", "status.x", "items.0"} {
			c.injectOnce(emulator.Fault{Kind: emulator.FaultMissingFields, Field: field})
			if got := c.call(); got.status != http.StatusInternalServerError || !strings.Contains(got.body, field) {
				t.Errorf("%s: %+v, want an error that names the field", field, got)
			}
		}
	})
}
