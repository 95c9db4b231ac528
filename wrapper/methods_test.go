package functions

import (
	"context"
	"go/ast"
	"net/http"
	"strings"
	"testing"
)

// method is a method that sends requests, with a call of it.
type method struct {
	path  string   // the end of the path of its last request
	words []string // the words that name the resource in its errors
	do    func(ctx context.Context, c *Client) error
}

// methods are the methods with a context of the client and its services. The function has the external id nope.
var methods = map[string]method{
	"Client.List": {"/functions/list", []string{"functions"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.List(ctx, Filter{}))
	}},
	"Client.All": {"/functions/list", []string{"functions"}, func(ctx context.Context, c *Client) error {
		return errorOf(collect(c.All(ctx, Filter{})))
	}},
	"Client.Retrieve": {"/functions/byids", []string{"function with external id nope"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Retrieve(ctx, ExternalID("nope")))
	}},
	"Client.RetrieveMultiple": {"/functions/byids", []string{"function with id 42"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.RetrieveMultiple(ctx, []Identifier{ID(42)}))
	}},
	"Client.FunctionID": {"/functions/byids", []string{"function with external id nope"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.FunctionID(ctx, ExternalID("nope")))
	}},
	"Client.Create": {"/functions", []string{`function "hello"`}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Create(ctx, FunctionWrite{Name: "hello"}, FileID(1)))
	}},
	"Client.Delete": {"/functions/delete", []string{"function with external id nope"}, func(ctx context.Context, c *Client) error {
		return c.Delete(ctx, []Identifier{ExternalID("nope")})
	}},
	"Client.WaitReady": {"/functions/byids", []string{"function with external id nope"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.WaitReady(ctx, ExternalID("nope")))
	}},
	"Client.Call": {"/call", []string{"function with external id nope"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Call(ctx, ExternalID("nope"), nil))
	}},
	"Client.Start": {"/call", []string{"function with external id nope"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Start(ctx, ExternalID("nope"), nil))
	}},
	"Client.Recover": {"/calls/list", []string{"function with id 42"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Recover(ctx, &UnknownOutcomeError{FunctionID: 42}))
	}},
	"Client.Limits": {"/functions/limits", []string{"limits"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Limits(ctx))
	}},
	"Client.Status": {"/functions/status", []string{"status of the project"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Status(ctx))
	}},
	"Client.Activate": {"/functions/status", []string{"activate"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Activate(ctx))
	}},
	"CallsService.List": {"/calls/list", []string{"function with external id nope"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Calls.List(ctx, ExternalID("nope"), CallsFilter{}))
	}},
	"CallsService.All": {"/calls/list", []string{"function with external id nope"}, func(ctx context.Context, c *Client) error {
		return errorOf(collect(c.Calls.All(ctx, ExternalID("nope"), CallsFilter{})))
	}},
	"CallsService.Retrieve": {"/calls/byids", []string{"call with id 9", "function with external id nope"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Calls.Retrieve(ctx, ExternalID("nope"), 9))
	}},
	"CallsService.RetrieveMultiple": {"/calls/byids", []string{"2 calls", "function with external id nope"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Calls.RetrieveMultiple(ctx, ExternalID("nope"), []int64{9, 10}))
	}},
	// Waiters share requests, so their errors name the function by its id.
	"CallsService.Wait": {"/calls/byids", []string{"call with id 9", "function 42"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Calls.Wait(ctx, ExternalID("nope"), 9))
	}},
	"CallsService.WaitAll": {"/calls/byids", []string{"call with id 9", "function 42"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Calls.WaitAll(ctx, []CallID{{42, 9}}, WithFailFast()))
	}},
	"CallsService.Response": {"/response", []string{"response of call 9", "function with external id nope"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Calls.Response(ctx, ExternalID("nope"), 9))
	}},
	"CallsService.Logs": {"/logs", []string{"log of call 9", "function with external id nope"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Calls.Logs(ctx, ExternalID("nope"), 9))
	}},
	"CallsService.FollowLogs": {"/logs", []string{"log of call 9", "function with"}, func(ctx context.Context, c *Client) error {
		return errorOf(collect(c.Calls.FollowLogs(ctx, ExternalID("nope"), 9)))
	}},
	"SchedulesService.List": {"/schedules/list", []string{"schedules"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Schedules.List(ctx, SchedulesFilter{}))
	}},
	"SchedulesService.All": {"/schedules/list", []string{"schedules"}, func(ctx context.Context, c *Client) error {
		return errorOf(collect(c.Schedules.All(ctx, SchedulesFilter{})))
	}},
	"SchedulesService.Retrieve": {"/schedules/byids", []string{"schedule with id 3"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Schedules.Retrieve(ctx, 3))
	}},
	"SchedulesService.RetrieveMultiple": {"/schedules/byids", []string{"2 schedules"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Schedules.RetrieveMultiple(ctx, []int64{3, 4}))
	}},
	"SchedulesService.Create": {"/schedules", []string{`schedule "nightly"`}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Schedules.Create(ctx, ExternalID("nope"), nightlyWrite()))
	}},
	"SchedulesService.Delete": {"/schedules/delete", []string{"schedule with id 3"}, func(ctx context.Context, c *Client) error {
		return c.Schedules.Delete(ctx, []int64{3})
	}},
	"SchedulesService.InputData": {"/input_data", []string{"input data of the schedule with id 3"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Schedules.InputData(ctx, 3))
	}},
	"SessionsService.Create": {"/sessions", []string{"session by token exchange"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Sessions.Create(ctx, SessionTokenExchange()))
	}},
	"SessionsService.List": {"/sessions", []string{"sessions"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Sessions.List(ctx, SessionsFilter{}))
	}},
	"SessionsService.All": {"/sessions", []string{"sessions"}, func(ctx context.Context, c *Client) error {
		return errorOf(collect(c.Sessions.All(ctx, SessionsFilter{})))
	}},
	"SessionsService.Retrieve": {"/sessions/byids", []string{"session with id 5"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Sessions.Retrieve(ctx, 5))
	}},
	"SessionsService.RetrieveMultiple": {"/sessions/byids", []string{"2 sessions"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Sessions.RetrieveMultiple(ctx, []int64{5, 6}))
	}},
	"SessionsService.Revoke": {"/sessions/revoke", []string{"session with id 5"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Sessions.Revoke(ctx, []int64{5}))
	}},
	"FilesService.Upload": {"/files", []string{`file "code.zip"`}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Files.Upload(ctx, FileWrite{Name: "code.zip"}, nil))
	}},
	"FilesService.Retrieve": {"/files/byids", []string{"file with external id x"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Files.Retrieve(ctx, ExternalID("x")))
	}},
	"FilesService.Delete": {"/files/delete", []string{"file with id 7"}, func(ctx context.Context, c *Client) error {
		return c.Files.Delete(ctx, []Identifier{ID(7)})
	}},
	"FilesService.Download": {"/files/downloadlink", []string{"file with id 7"}, func(ctx context.Context, c *Client) error {
		return errorOf(c.Files.Download(ctx, ID(7)))
	}},
}

func errorOf[T any](_ T, err error) error { return err }

// withoutRetries is the configuration of a client that sends each request once.
func withoutRetries() Option { return WithRetry(RetryOptions{MaxRetries: -1}) }

// responseAt responds with r to the requests whose path ends so. It also resolves the external id nope and creates sessions.
func responseAt(end string, r responder) transportFunc {
	return func(req *http.Request) (*http.Response, error) {
		switch path := req.URL.Path; {
		case strings.HasSuffix(path, end):
			return r(req)
		case strings.HasSuffix(path, "/functions/byids"):
			return respond(200, strings.Replace(oneFunction, `"externalId":"hello"`, `"externalId":"nope"`, 1))(req)
		case strings.HasSuffix(path, "/sessions"):
			return respond(200, oneSession)(req)
		default:
			return errorResponse(500, "unexpected "+path)(req)
		}
	}
}

// The error of each method names the resource as the caller did, and names what the method did.
func TestErrorsNameTheResource(t *testing.T) {
	t.Parallel()
	for name, m := range methods {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, r := range map[string]responder{
				"rejected": errorResponse(403, "planted message"), "lost": fails(context.DeadlineExceeded), "invalid": respond(200, "null"),
			} {
				c := newTestClient(t, responseAt(m.path, r), Config{}, withoutRetries())
				err := m.do(t.Context(), c)
				checkMessage(t, err, append([]string{"cannot "}, m.words...)...)
				if what == "rejected" {
					check(t, "capability", strings.Contains(err.Error(), errorAs[*APIError](t, err).Capability), true)
				}
			}
		})
	}
}

// The table of methods is complete.
func TestEveryMethodIsTested(t *testing.T) {
	t.Parallel()
	for file, source := range sources(t) {
		for _, decl := range source.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || !takesContext(f) {
				continue
			}
			of := receiver(f)
			name := of + "." + f.Name.Name
			if _, ok := methods[name]; !ok && (of == "Client" || strings.HasSuffix(of, "Service")) {
				t.Errorf("wrapper/%s: add %s to the table methods", file, name)
			}
		}
	}
}

// takesContext reports whether the first parameter of f is a context.
func takesContext(f *ast.FuncDecl) bool {
	params := f.Type.Params.List
	if len(params) == 0 {
		return false
	}
	selector, ok := params[0].Type.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Context"
}

// A list of functions, calls or schedules without one of the requested resources is an error that names the resource.
func TestNotFoundErrors(t *testing.T) {
	t.Parallel()
	for name, words := range map[string][]string{
		"Client.Retrieve":               {"function with external id nope"},
		"Client.FunctionID":             {"function with external id nope"},
		"Client.RetrieveMultiple":       {"function with id 42"},
		"Client.WaitReady":              {"function with external id nope"},
		"CallsService.Retrieve":         {"call 9"},
		"CallsService.RetrieveMultiple": {"call 9, 10"},
		"CallsService.Wait":             {"call 9"},
		"CallsService.WaitAll":          {"call 9"},
		"SchedulesService.Retrieve":     {"schedule", "3"},
		"SessionsService.Retrieve":      {"session", "5"},
		"FilesService.Retrieve":         {"file with external id x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTestClient(t, responseAt(methods[name].path, respond(200, `{"items":[]}`)), Config{}, withoutRetries())
			err := methods[name].do(t.Context(), c)
			resource := errorAs[*NotFoundError](t, err).Resource
			for _, word := range words {
				check(t, resource+" contains "+word, strings.Contains(resource, word), true)
			}
			checkKinds(t, err, ErrNotFound)
			checkMessage(t, err)
		})
	}
}
