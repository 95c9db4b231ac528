package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Waits for deployments share requests. Each request has as many functions as the API allows, either ids or external ids.
func TestManyDeployments(t *testing.T) {
	t.Parallel()
	const waiting = 2*gen.FunctionReferencesMaxItems + 4
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var requests atomic.Int32
		service := transportFunc(func(req *http.Request) (*http.Response, error) {
			requests.Add(1)
			var body struct {
				Items []struct {
					ID         int64
					ExternalID string
				}
			}
			if err := json.Unmarshal([]byte(recordRequest(req).Body), &body); err != nil {
				return nil, err
			}
			check(t, "number of items is allowed", len(body.Items) <= gen.FunctionReferencesMaxItems, true)
			status := "Deploying"
			if time.Since(start) > 90*time.Second {
				status = "Ready"
			}
			var items []string
			for _, item := range body.Items {
				check(t, "identifiers are of one kind", (item.ID == 0) == (body.Items[0].ID == 0), true)
				if item.ID == 0 {
					item.ID = 100 + int64(item.ExternalID[0])
				} else {
					item.ExternalID = "-"
				}
				if item.ID != 7 {
					items = append(items, fmt.Sprintf(`{"id":%d,"externalId":%q,"name":"f","fileId":1,"status":%q,"createdTime":1}`, item.ID, item.ExternalID, status))
				}
			}
			return respond(200, `{"items":[`+strings.Join(items, ",")+`]}`)(req)
		})
		c := newTestClient(t, service, Config{}, WithPoll(ConstantPoll(time.Minute)))
		var waits sync.WaitGroup
		for i := range int64(waiting) {
			waits.Go(func() {
				fn, err := c.WaitReady(t.Context(), ID(i+1))
				if i+1 == 7 {
					check(t, "unknown function is not found", errors.Is(err, ErrNotFound), true)
					return
				}
				if err != nil || fn.ID != i+1 || fn.Status != FunctionReady {
					t.Errorf("got %v, %v", fn, err)
				}
			})
		}
		waits.Go(func() {
			fn, err := c.WaitReady(t.Context(), ExternalID("a"))
			if err != nil || *fn.ExternalID != "a" {
				t.Errorf("got %v, %v", fn, err)
			}
		})
		waits.Wait()
		check(t, "requests", requests.Load(), 8)
		_, err := c.WaitReady(t.Context(), Identifier{})
		checkKinds(t, err, ErrInvalid)
	})
}

// Waiters do not share a function, so that a caller may change the function that it received.
func TestReadyFunctionsAreSeparate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := newFakeClient(t, []responder{functionWith("Ready", "")}, WithPoll(ConstantPoll(time.Second)))
		var fns [2]*Function
		var waits sync.WaitGroup
		for i := range fns {
			waits.Go(func() {
				var err error
				fns[i], err = c.WaitReady(t.Context(), ID(42))
				check(t, "error", err, nil)
			})
		}
		waits.Wait()
		check(t, "shared function", fns[0] == fns[1], false)
	})
}

// functionWith responds with one function. more are further fields.
func functionWith(status, more string) responder {
	return respond(200, fmt.Sprintf(`{"items":[{"id":42,"name":"hello","externalId":"hello","fileId":7,"status":%q,"createdTime":1%s}]}`, status, more))
}

func TestWaitReady(t *testing.T) {
	t.Parallel()
	const buildLog = "ERROR: No matching\ndistribution"
	tests := map[string]struct {
		last           responder
		word           string // in the error; empty for success
		failed         bool   // the error is a *DeployError
		message, trace string
	}{
		"ready": {last: functionWith("Ready", "")},
		"failed": {
			functionWith("Failed", `,"error":{"message":"pip failed","trace":"ERROR: No matching\ndistribution"}`),
			"hello", true, "pip failed", buildLog,
		},
		"trace is null":  {functionWith("Failed", `,"error":{"message":"pip failed","trace":null}`), "pip failed", true, "pip failed", ""},
		"no error":       {functionWith("Failed", ""), "no reason", true, "", ""},
		"unknown status": {functionWith("Paused", ""), `"Paused"`, false, "", ""},
		"retired":        {functionWith("Retired", ""), "retired", false, "", ""},
		"deleted": {
			respond(400, `{"error":{"code":400,"message":"x","missing":[{"id":42}]}}`), `{"id":42}`, false, "", "",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, _ := newFakeClient(t, []responder{functionWith("Queued", ""), functionWith("Deploying", ""), test.last})
				fn, err := c.WaitReady(t.Context(), ID(42))
				if test.word == "" {
					if err != nil || fn.Status != FunctionReady {
						t.Errorf("got %v, %v", fn, err)
					}
					return
				}
				checkMessage(t, err, test.word, "42")
				if !test.failed {
					_, failed := errors.AsType[*DeployError](err)
					check(t, "is a *DeployError", failed, false)
					return
				}
				failed := errorAs[*DeployError](t, err)
				check(t, "message", failed.Message, test.message)
				check(t, "trace", failed.Trace, test.trace)
				check(t, "function", failed.Function.ID, 42)
			})
		})
	}
	t.Run("context ends", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			c := newTestClient(t, transportFunc(func(req *http.Request) (*http.Response, error) { return functionWith("Deploying", "")(req) }), Config{})
			_, err := c.WaitReady(ctx, ExternalID("hello"))
			checkMessage(t, err, "external id hello", "continues")
			check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
		})
	})
}

// Waiters that share a request get different functions in their errors, because callers may change them.
func TestDeployErrorsAreSeparate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := newFakeClient(t, []responder{functionWith("Failed", "")}, WithPoll(ConstantPoll(time.Second)))
		var failed [2]*Function
		var waits sync.WaitGroup
		for i := range failed {
			waits.Go(func() {
				if e, ok := errors.AsType[*DeployError](errorOf(c.WaitReady(t.Context(), ID(42)))); ok {
					failed[i] = e.Function
				}
			})
		}
		waits.Wait()
		check(t, "both errors have a function", failed[0] != nil && failed[1] != nil, true)
		check(t, "same function", failed[0] == failed[1], false)
	})
}
