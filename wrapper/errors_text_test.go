package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

// callOf returns a call with a status.
func callOf(status CallStatus) *Call {
	return &Call{FunctionCall: gen.FunctionCall{ID: 9, FunctionID: 42, Status: status, StartTime: 1700000000000}}
}

// errorTexts are the messages of the errors of this package. Other tests assert types, fields and single words only.
var errorTexts = []struct {
	name string
	err  error
	want string
}{
	{
		"status",
		&APIError{Action: "list functions", Operation: "listFunctions", StatusCode: 400, Message: "Bad filter.", Attempts: 1},
		"functions: cannot list functions: status 400: Bad filter",
	},
	{
		"status without an action",
		&APIError{Operation: "listFunctions", StatusCode: 400, Message: "Bad filter.", Attempts: 1},
		"functions: listFunctions failed: status 400: Bad filter",
	},
	{
		"message of several lines",
		&APIError{Action: "list functions", StatusCode: 400, Message: "a\n\tb\r\n", Attempts: 1},
		"functions: cannot list functions: status 400: a b",
	},
	{
		"401",
		&APIError{Action: "list functions", StatusCode: 401, Message: "x", Capability: "functionsAcl:READ", Attempts: 1},
		"functions: cannot list functions: status 401: x; check the credentials and the project",
	},
	{
		"403",
		&APIError{Action: "list functions", StatusCode: 403, Message: "x", Capability: "functionsAcl:READ", Attempts: 1},
		"functions: cannot list functions: status 403: x; ask for the capability functionsAcl:READ",
	},
	{
		"403 without a capability",
		&APIError{Operation: "PUT /files/7", StatusCode: 403, Message: "x", Attempts: 1},
		"functions: PUT /files/7 failed: status 403: x",
	},
	{
		"429",
		&APIError{Action: "list functions", StatusCode: 429, Message: "x", Attempts: 9},
		"functions: cannot list functions: status 429: x; try again later (9 attempts)",
	},
	{
		"429 with Retry-After",
		&APIError{Action: "list functions", StatusCode: 429, Message: "x", RetryAfter: time.Minute, RequestID: "r-1", Attempts: 1},
		"functions: cannot list functions: status 429: x; try again in 1m0s (request id r-1)",
	},
	{
		"503",
		&APIError{Action: "list functions", StatusCode: 503, Message: "busy", RequestID: "r-1", Attempts: 9},
		"functions: cannot list functions: status 503: busy; try again later (9 attempts, request id r-1)",
	},
	{
		"missing",
		&APIError{
			Action: "retrieve 2 functions", StatusCode: 400, Message: "unknown ids", Missing: []json.RawMessage{[]byte(`{"id":1}`), []byte(`{"external_id":"a"}`)},
			Attempts: 1,
		},
		`functions: cannot retrieve 2 functions: status 400: unknown ids (missing: {"id":1}, {"external_id":"a"})`,
	},
	{
		"duplicated",
		&APIError{
			Action: `create the function "hello"`, StatusCode: 409, Message: "taken", Duplicated: []json.RawMessage{[]byte(`{"externalId":"a"}`)}, Attempts: 1,
		},
		`functions: cannot create the function "hello": status 409: taken (duplicated: {"externalId":"a"})`,
	},
	{
		"no response",
		&RequestError{Action: "list functions", Operation: "listFunctions", Err: errors.New("connection reset\nby peer"), Attempts: 1},
		"functions: cannot list functions: no usable response: connection reset by peer",
	},
	{
		"no response after several attempts",
		&RequestError{Action: "list functions", Err: errors.New("connection reset by peer"), RequestID: "r-1", Attempts: 9},
		"functions: cannot list functions: no usable response: connection reset by peer (9 attempts, request id r-1)",
	},
	{
		"no response without an action",
		&RequestError{Operation: "listFunctions", Err: errors.New("connection reset by peer"), Attempts: 1},
		"functions: listFunctions failed: no usable response: connection reset by peer",
	},
	{
		"rejected by the limiter",
		&RequestError{Action: "list functions", Err: &limiterError{context.DeadlineExceeded}, Attempts: 1},
		"functions: cannot list functions: no usable response: the limiter rejected the request before it was sent: context deadline exceeded",
	},
	{"not found", &NotFoundError{Resource: "function with external id nope"}, "functions: function with external id nope not found"},
	{"argument", &ArgumentError{Field: "limit", Rule: "is -2; use a number above zero or functions.Unlimited"}, "functions: limit is -2; use a number above zero or functions.Unlimited"},
	{
		"several arguments",
		join(nil, &ArgumentError{Field: "Name", Rule: "has 0 characters"}, &ArgumentError{Field: "Owner", Rule: "has 999 characters"}),
		"functions: Name has 0 characters; Owner has 999 characters",
	},
	{"source code", &SourceError{File: "handler.py", Line: 3, Message: "the argument x is not allowed"}, "functions: handler.py:3: the argument x is not allowed"},
	{
		"token of a provider",
		&TokenError{TokenURL: tokenURL, StatusCode: 401, Code: "invalid_client", Description: "bad\nsecret", Err: errors.New("status 401")},
		"functions: cannot get an access token from https://idp.example.com/oauth2/token: invalid_client (bad secret); check the client id, the client secret and the scopes",
	},
	{
		"token without a description",
		&TokenError{TokenURL: tokenURL, StatusCode: 200, Code: "invalid_scope", Err: errors.New("status 200")},
		"functions: cannot get an access token from https://idp.example.com/oauth2/token: invalid_scope; check the client id, the client secret and the scopes",
	},
	{"token with a status only", &TokenError{TokenURL: tokenURL, StatusCode: 404, Err: errors.New("status 404")}, "functions: cannot get an access token from https://idp.example.com/oauth2/token: the provider responded with status 404; check the token URL"},
	{"token without a response", &TokenError{TokenURL: tokenURL, Err: errors.New("dial tcp: connection refused")}, "functions: cannot get an access token from https://idp.example.com/oauth2/token: dial tcp: connection refused"},
	{"token of another source", &TokenError{Err: errors.New("no\nvault")}, "functions: cannot get an access token: no vault"},
	{"failed call", &CallError{Call: callOf(CallFailed), Message: "ZeroDivisionError:\ndivision by zero"}, "functions: call 9 of function 42 failed: ZeroDivisionError: division by zero"},
	{"failed call without a message", &CallError{Call: callOf(CallFailed)}, "functions: call 9 of function 42 failed: the service gave no reason; if the log is empty, the function may have run out of memory"},
	{"call that timed out", &CallError{Call: callOf(CallTimeout), Message: "9 minutes"}, "functions: call 9 of function 42 timed out: 9 minutes"},
	{"call that timed out without a message", &CallError{Call: callOf(CallTimeout)}, "functions: call 9 of function 42 timed out: the service gave no reason"},
	{"call above the concurrency limit", &CallError{Call: callOf(CallConcurrencyLimitExceeded)}, "functions: call 9 of function 42 ended with the status ConcurrencyLimitExceeded: the service gave no reason"},
	{"call with an unknown status", &CallError{Call: callOf("Cancelled"), Message: "by the user"}, "functions: call 9 of function 42 ended with the status Cancelled: by the user"},
	{
		"failed deployment",
		&DeployError{Function: &Function{Function: someFunction()}, Message: "no module\nnamed numpy"},
		"functions: the deployment of hello (id 42) failed: no module named numpy",
	},
	{"failed deployment without a message", &DeployError{Function: &Function{Function: someFunction()}}, "functions: the deployment of hello (id 42) failed: the service gave no reason; see the trace"},
	{"one pending call", &PendingError{Pending: []CallID{{42, 9}}, Err: context.DeadlineExceeded}, "functions: stopped waiting for call 9 of function 42, which continues: context deadline exceeded"},
	{"pending calls", &PendingError{Pending: []CallID{{42, 9}, {42, 10}}, Err: context.Canceled}, "functions: stopped waiting for 2 calls, which continue: context canceled"},
	{
		"pending calls after a failure",
		&PendingError{Pending: []CallID{{42, 10}}, Err: &CallError{Call: callOf(CallFailed), Message: "boom"}},
		"functions: stopped waiting for call 10 of function 42, which continues; call 9 of function 42 failed: boom",
	},
	{
		"unknown outcome",
		&UnknownOutcomeError{
			FunctionID: 42,
			Err:        &RequestError{Action: "call the function with external id hello", Err: errors.New("connection reset by peer"), Attempts: 1},
		},
		"functions: a call of function 42 was sent and its response was lost, so it may be running; look for it with Recover before you call again; cannot call the function with external id hello: no usable response: connection reset by peer",
	},
	{
		"no call to recover",
		&RecoverError{FunctionID: 42, From: time.Unix(1700000000, 0), To: time.Unix(1700000012, 0)},
		"functions: no call of function 42 started between 2023-11-14T22:13:20Z and 2023-11-14T22:13:32Z, so the lost call was probably not made; call again",
	},
	{
		"several calls to recover",
		&RecoverError{
			FunctionID: 42, From: time.Unix(1700000000, 0), To: time.Unix(1700000012, 0), Candidates: []*Call{callOf(CallRunning), callOf(CallRunning)},
		},
		"functions: 2 calls of function 42 started between 2023-11-14T22:13:20Z and 2023-11-14T22:13:32Z, and any may be the lost one; compare their responses and logs",
	},
	{"truncated list", &TruncatedError{Kind: "functions", Limit: 10_000}, "functions: the list of functions is incomplete: the service returns at most 10000 at once; narrow the filter, for example by CreatedTime"},
	{
		"response of another type",
		&ResponseError{Call: callOf(CallCompleted), Type: reflect.TypeFor[int](), Err: errors.New("json: cannot unmarshal string into Go value of type int")},
		"functions: cannot decode the response of call 9 of function 42 as int: json: cannot unmarshal string into Go value of type int",
	},
	{
		"joined errors",
		join(&APIError{Action: "list functions", StatusCode: 500, Message: "fault", Attempts: 1}, nil, &NotFoundError{Resource: "function with id 42"}),
		"functions: cannot list functions: status 500: fault; function with id 42 not found",
	},
	{"invalid configuration", errorOf(NewClient(Config{BaseURL: "http://cdf.example.com", Project: "demo", TokenSource: StaticToken("t")})), "functions: cannot create a client: the base URL http://cdf.example.com would send credentials unencrypted; use https (http is for loopback addresses)"},
	{"incomplete environment", errorOf(configFrom(func(string) string { return "" })), "functions: incomplete environment: set CDF_CLUSTER or CDF_URL; set CDF_PROJECT; set IDP_CLIENT_ID, IDP_CLIENT_SECRET and IDP_TOKEN_URL, or CDF_TOKEN"},
	{"canceled wait", canceled("waiting for the deployment of the function with id 42, which continues", context.Canceled), "functions: stopped waiting for the deployment of the function with id 42, which continues: context canceled"},
}

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, test := range errorTexts {
		tested[strings.TrimPrefix(fmt.Sprintf("%T", test.err), "*functions.")] = true
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			checkMessage(t, test.err)
		})
	}
	for file, source := range sources(t) {
		for spec := range specs[*ast.TypeSpec](source) {
			if name := spec.Name.Name; spec.Name.IsExported() && strings.HasSuffix(name, "Error") && !spec.Assign.IsValid() && !tested[name] {
				t.Errorf("wrapper/%s: add an error of the type %s to errorTexts", file, name)
			}
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	first, second := errors.New("functions: first"), errors.New("functions: second")
	check(t, "no error", join(nil, nil), error(nil))
	check(t, "one error", join(nil, first), first)
	both := join(first, nil, second)
	check(t, "two errors", both.Error(), "functions: first; second")
	check(t, "matches the second", errors.Is(both, second), true)
}

// Programs may construct the errors, for example in tests. Zero fields cause no panic.
func TestZeroErrors(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&APIError{}, &ArgumentError{}, &CallError{}, &DeployError{}, &NotFoundError{}, &PendingError{}, &RecoverError{}, &RequestError{}, &ResponseError{},
		&SourceError{}, &TokenError{}, &TruncatedError{}, &UnknownOutcomeError{},
	} {
		check(t, fmt.Sprintf("%T matches another error", err), errors.Is(err, context.Canceled), false)
		if !strings.HasPrefix(err.Error(), "functions: ") {
			t.Errorf("%T: got the text %q", err, err)
		}
	}
}
