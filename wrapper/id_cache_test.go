package functions

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	byIDs       = "POST /functions/byids"
	deletion    = "POST /functions/delete"
	session     = "POST /sessions"
	call42      = "POST /functions/42/call"
	call43      = "POST /functions/43/call"
	newFunction = `{"items":[{"id":43,"name":"hello","externalId":"hello","fileId":7,"status":"Ready","createdTime":1700000000000}]}`
	call43Runs  = `{"id":9,"functionId":43,"status":"Running","startTime":1700000000000}`
)

var unknownFunctionResponse = respond(400, `{"error":{"code":400,"message":"unknown","missing":[{"external_id":"hello"}]}}`)

var cachedIDTests = map[string]struct {
	script []responder
	paths  []string
	second error
}{
	"resolved once": {
		[]responder{respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall), respond(200, oneSession), respond(201, runningCall)},
		[]string{byIDs, session, call42, session, call42},
		nil,
	},
	"deployed again": {
		[]responder{
			respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall),
			respond(200, oneSession), errorResponse(400, "no such function"), respond(200, newFunction), respond(200, oneSession), respond(201, call43Runs),
		},
		[]string{byIDs, session, call42, session, call42, byIDs, session, call43},
		nil,
	},
	"rejected for another reason": {
		[]responder{
			respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall),
			respond(200, oneSession), errorResponse(400, "data too large"), respond(200, oneFunction),
		},
		[]string{byIDs, session, call42, session, call42, byIDs},
		&APIError{StatusCode: 400, Message: "data too large"},
	},
	"deleted": {
		[]responder{
			respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall),
			respond(200, oneSession), errorResponse(400, "no such function"), unknownFunctionResponse,
		},
		[]string{byIDs, session, call42, session, call42, byIDs},
		&APIError{StatusCode: 400, Message: "unknown"},
	},
	"second lookup fails": {
		[]responder{
			respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall),
			respond(200, oneSession), errorResponse(400, "no such function"), errorResponse(403, "no"),
		},
		[]string{byIDs, session, call42, session, call42, byIDs},
		&APIError{StatusCode: 400, Message: "no such function"},
	},
	"failure unrelated to the id": {
		[]responder{respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall), respond(200, oneSession), errorResponse(500, "fault")},
		[]string{byIDs, session, call42, session, call42},
		&APIError{StatusCode: 500, Message: "fault"},
	},
	"fault that names ids": {
		[]responder{
			respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall),
			respond(200, oneSession), respond(502, `{"error":{"code":502,"message":"fault","missing":[{"id":42}]}}`),
		},
		[]string{byIDs, session, call42, session, call42},
		&APIError{StatusCode: 502, Message: "fault"},
	},
}

// The id of an external id is cached. A rejected cached id is resolved again, and the call is sent again if the id changed.
func TestExternalIDsAreCached(t *testing.T) {
	t.Parallel()
	for name, test := range cachedIDTests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, test.script)
			first, err := c.Start(t.Context(), ExternalID("hello"), nil, withPlantedSession())
			if err != nil {
				t.Fatal(err)
			}
			check(t, "first call", first.CallID(), CallID{42, 9})
			second, err := c.Start(t.Context(), ExternalID("hello"), nil, withPlantedSession())
			if test.second == nil {
				if err != nil {
					t.Fatal(err)
				}
				check(t, "second call", second.ID, 9)
			} else {
				want, got := errorAs[*APIError](t, test.second), errorAs[*APIError](t, err)
				check(t, "status", got.StatusCode, want.StatusCode)
				check(t, "message", got.Message, want.Message)
			}
			if diff := cmp.Diff(test.paths, f.paths()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func withPlantedSession() SessionOption {
	return WithSession(SessionClientCredentials("id", plantedSecret))
}

func TestUnknownExternalID(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(400, `{"error":{"code":400,"message":"unknown","missing":[{"external_id":"x"}]}}`)})
	_, err := c.Start(t.Context(), ExternalID("x"), nil)
	checkKinds(t, err, ErrNotFound)
	check(t, "requests", len(f.paths()), 1)
}

// List caches external ids. Delete removes them from the cache, by id and by external id.
func TestDeleteRemovesCachedID(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]Identifier{"by id": ID(42), "by external id": ExternalID("hello")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, []responder{
				respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall),
				respond(200, "{}"), respond(200, newFunction), respond(200, oneSession), respond(201, call43Runs),
			})
			if _, err := c.List(t.Context(), Filter{}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Start(t.Context(), ExternalID("hello"), nil); err != nil {
				t.Fatal(err)
			}
			if err := c.Delete(t.Context(), []Identifier{id}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Start(t.Context(), ExternalID("hello"), nil); err != nil {
				t.Fatal(err)
			}
			want := []string{"POST /functions/list", session, call42, deletion, byIDs, session, call43}
			if diff := cmp.Diff(want, f.paths()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// FunctionID sends no request for an id, and one request for an external id, however often it is called.
func TestFunctionID(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, oneFunction)})
	for _, fn := range []Identifier{ID(42), ExternalID("hello"), ExternalID("hello")} {
		id, err := c.FunctionID(t.Context(), fn)
		if err != nil || id != 42 {
			t.Errorf("FunctionID(%v) = %d, %v, want 42", fn, id, err)
		}
	}
	check(t, "requests", len(f.paths()), 1)
	_, err := c.FunctionID(t.Context(), Identifier{})
	checkKinds(t, err, ErrInvalid)
}

// The methods of calls that take the external id of a function.
var callMethodsByExternalID = map[string]func(ctx context.Context, c *Client, fn Identifier) error{
	"List": func(ctx context.Context, c *Client, fn Identifier) error {
		return errorOf(c.Calls.List(ctx, fn, CallsFilter{}))
	},
	"Retrieve": func(ctx context.Context, c *Client, fn Identifier) error {
		return errorOf(c.Calls.Retrieve(ctx, fn, 9))
	},
	"RetrieveMultiple": func(ctx context.Context, c *Client, fn Identifier) error {
		return errorOf(c.Calls.RetrieveMultiple(ctx, fn, []int64{9}))
	},
	"Response": func(ctx context.Context, c *Client, fn Identifier) error {
		return errorOf(c.Calls.Response(ctx, fn, 9))
	},
	"Logs": func(ctx context.Context, c *Client, fn Identifier) error {
		return errorOf(c.Calls.Logs(ctx, fn, 9))
	},
	"Wait": func(ctx context.Context, c *Client, fn Identifier) error {
		return errorOf(c.Calls.Wait(ctx, fn, 9))
	},
	"FollowLogs": func(ctx context.Context, c *Client, fn Identifier) error {
		return errorOf(collect(c.Calls.FollowLogs(ctx, fn, 9)))
	},
}

// deployments is a service with one function, which has the external id hello and one completed call, 9.
type deployments struct {
	functionID int64 // 0 without the function
	rejection  responder

	mu       sync.Mutex
	requests []string // the paths below /functions
}

func (d *deployments) RoundTrip(req *http.Request) (*http.Response, error) {
	_, path, _ := strings.Cut(req.URL.Path, "/functions/")
	d.mu.Lock()
	d.requests = append(d.requests, path)
	d.mu.Unlock()
	id := fmt.Sprintf("%d/", d.functionID)
	switch {
	case path == "byids" && d.functionID == 0:
		return respond(400, `{"error":{"code":400,"message":"unknown","missing":[{"externalId":"hello"}]}}`)(req)
	case path == "byids":
		return respond(200, strings.Replace(oneFunction, "42", strconv.FormatInt(d.functionID, 10), 1))(req)
	case !strings.HasPrefix(path, id):
		return d.rejection(req)
	case strings.HasSuffix(path, "response"):
		return respond(200, `{"response":1}`)(req)
	case strings.HasSuffix(path, "logs"):
		return respond(200, `{"items":[]}`)(req)
	default:
		return respond(200, strings.Replace(completedCalls, "42", strconv.FormatInt(d.functionID, 10), 1))(req)
	}
}

// A method of calls that gets a stale cached id resolves the external id again and sends its request to the new function. If
// the function was deleted, the error names the external id.
func TestStaleIDsInMethodsOfCalls(t *testing.T) {
	t.Parallel()
	rejections := map[string]responder{"400": errorResponse(400, "no such function"), "404": errorResponse(404, "not found")}
	for name, do := range callMethodsByExternalID {
		for status, rejection := range rejections {
			t.Run(name+" "+status, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					service := &deployments{functionID: 42, rejection: rejection}
					c := newTestClient(t, service, Config{}, withoutRetries(), WithPoll(ConstantPoll(time.Millisecond)))
					check(t, "error", do(t.Context(), c, ExternalID("hello")), nil)
					service.functionID, service.requests = 43, nil
					check(t, "error after another deployment", do(t.Context(), c, ExternalID("hello")), nil)
					resolved := slices.Index(service.requests, "byids")
					if resolved < 1 {
						t.Fatalf("requests = %q, want one to function 42, then byids", service.requests)
					}
					for i, path := range service.requests {
						if i != resolved && strings.HasPrefix(path, "42/") != (i < resolved) {
							t.Errorf("requests = %q, want those to function 42 before byids and those to function 43 after it", service.requests)
						}
					}
					check(t, "request to the new function", strings.HasPrefix(service.requests[len(service.requests)-1], "43/"), true)

					service.functionID = 0
					err := do(t.Context(), c, ExternalID("hello"))
					checkKinds(t, err, ErrNotFound)
					checkMessage(t, err, "function with external id hello")
				})
			})
		}
	}
}

// All pages of a list are those of one function, even if the cached id changes between two pages.
func TestPagesOfOneFunction(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{
		respond(200, oneFunction), respond(200, `{"items":[`+runningCall+`],"nextCursor":"next"}`), respond(200, newFunction), errorResponse(400, "no such function"),
	})
	var last error
	calls := 0
	for _, err := range c.Calls.All(t.Context(), ExternalID("hello"), CallsFilter{}) {
		if last = err; err != nil {
			break
		}
		calls++
		check(t, "error of Retrieve", errorOf(c.Retrieve(t.Context(), ExternalID("hello"))), nil)
	}
	check(t, "calls", calls, 1)
	check(t, "status", errorAs[*APIError](t, last).StatusCode, 400)
	list := "POST /functions/42/calls/list"
	if diff := cmp.Diff([]string{byIDs, list, byIDs, list}, f.paths()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// After the first line, FollowLogs does not continue with a new function that has the same external id.
func TestFollowLogsOfOneFunction(t *testing.T) {
	t.Parallel()
	for name, delay := range map[string]time.Duration{"at once": 0, "delayed": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, f := newFakeClient(t, []responder{respond(200, oneFunction), logOf(2), errorResponse(400, "no such function")}, WithPoll(ConstantPoll(time.Hour)))
				check(t, "error of FunctionID", errorOf(c.FunctionID(t.Context(), ExternalID("hello"))), nil)
				lines, err := collectLines(time.Now(), c.Calls.FollowLogs(t.Context(), ExternalID("hello"), 9, WithLogDelay(delay)))
				check(t, "lines", len(lines), 2)
				check(t, "status", errorAs[*APIError](t, err).StatusCode, 400)
				check(t, "requests", len(f.paths()), 3)
			})
		})
	}
}

// The cause of a canceled context is no rejection of the cached id.
func TestCanceledWaitKeepsCachedID(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, oneFunction)}, WithPoll(ConstantPoll(time.Hour)))
	check(t, "error of FunctionID", errorOf(c.FunctionID(t.Context(), ExternalID("hello"))), nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&NotFoundError{Resource: "order 7"})
	_, err := c.Calls.Wait(ctx, ExternalID("hello"), 9)
	check(t, "pending calls", len(errorAs[*PendingError](t, err).Pending), 1)
	check(t, "requests", len(f.paths()), 1)
}
