package emulator_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
)

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
