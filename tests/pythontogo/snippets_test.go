// Package pythontogo runs the Go code of docs/python-to-go.md.
package pythontogo

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture contains what a snippet needs: a project with a function that adds two numbers, and one call of it.
type fixture struct {
	t       *testing.T
	service *emulator.Emulator
	cfg     functions.Config
	fn      *functions.Function
	call    *functions.Call
}

// snippets contains a function for each snippet of the page, by the name of the snippet. The lines of the function between
// "// snippet: NAME" and "// end" are shown in the page. The lines after "// end" check the result.
var snippets = map[string]func(s *fixture, ctx context.Context, client *functions.Client) error{
	"client":                (*fixture).newClient,
	"iterate":               (*fixture).iterate,
	"chunks":                (*fixture).chunks,
	"create-folder":         (*fixture).createFolder,
	"create-file":           (*fixture).createFile,
	"create-handler":        (*fixture).createHandler,
	"create-fields":         (*fixture).createFields,
	"retrieve":              (*fixture).retrieve,
	"retrieve-multiple":     (*fixture).retrieveMultiple,
	"list":                  (*fixture).list,
	"delete":                (*fixture).deleteMany,
	"delete-function":       (*fixture).deleteFunction,
	"call":                  (*fixture).callAndWait,
	"start":                 (*fixture).start,
	"call-nonce":            (*fixture).callWithNonce,
	"payload":               (*fixture).payload,
	"project":               (*fixture).project,
	"calls-list":            (*fixture).callsList,
	"calls-retrieve":        (*fixture).callsRetrieve,
	"calls-response":        (*fixture).callsResponse,
	"schedules-list":        (*fixture).schedulesList,
	"schedules-retrieve":    (*fixture).schedulesRetrieve,
	"schedules-create":      (*fixture).schedulesCreate,
	"schedules-credentials": (*fixture).schedulesCredentials,
	"schedules-delete":      (*fixture).schedulesDelete,
	"schedules-data":        (*fixture).schedulesData,
	"function-fields":       (*fixture).functionFields,
	"function-methods":      (*fixture).functionMethods,
	"call-fields":           (*fixture).callFields,
	"call-methods":          (*fixture).callMethods,
	"schedule-fields":       (*fixture).scheduleFields,
	"schedule-write":        (*fixture).scheduleWrite,
	"lists":                 (*fixture).lists,
	"write-lists":           (*fixture).writeLists,
	"log":                   (*fixture).log,
	"filters":               (*fixture).filters,
	"check":                 (*fixture).check,
	"concurrency":           (*fixture).concurrency,
	"sessions-create":       (*fixture).sessionsCreate,
	"sessions-list":         (*fixture).sessionsList,
	"sessions-revoke":       (*fixture).sessionsRevoke,
	"function-write":        (*fixture).functionWrite,
	"limits-of-lists":       (*fixture).limitsOfLists,
	"enums":                 (*fixture).enums,
	"json":                  (*fixture).json,
	"errors":                (*fixture).errors,
	"retries":               (*fixture).retries,
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	for name, run := range snippets {
		if name == "client" {
			continue // see TestClientSnippet
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, client := newFixture(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := run(s, ctx, client); err != nil {
				t.Error(err)
			}
		})
	}
}

// The snippet "client" reads the environment, so it cannot run in parallel with the others.
func TestClientSnippet(t *testing.T) {
	s, client := newFixture(t)
	t.Setenv("CDF_URL", s.service.URL())
	t.Setenv("CDF_PROJECT", s.service.Project())
	t.Setenv("LOGIN_FLOW", "client_credentials")
	t.Setenv("IDP_CLIENT_ID", s.service.ClientID())
	t.Setenv("IDP_CLIENT_SECRET", s.service.ClientSecret())
	t.Setenv("IDP_TOKEN_URL", s.service.TokenURL())
	t.Setenv("IDP_SCOPES", "")
	t.Setenv("IDP_AUDIENCE", "")
	if err := snippets["client"](s, t.Context(), client); err != nil {
		t.Error(err)
	}
}

// newFixture starts an emulator that runs "my-function" and "my-handler" as a Go function.
func newFixture(t *testing.T) (*fixture, *functions.Client) {
	t.Helper()
	e := emulator.RunT(t, emulator.Options{Overrides: map[string]emulator.Handler{"my-function": add, "my-handler": add}})
	s := &fixture{t: t, service: e, cfg: functions.Config{
		BaseURL: e.URL(), Project: e.Project(), TokenSource: functions.ClientCredentials(functions.ClientCredentialsConfig{
			ClientID: e.ClientID(), ClientSecret: functions.Secret(e.ClientSecret()), TokenURL: e.TokenURL(),
		}),
	}}
	client := s.client(functions.WithPoll(functions.ExponentialPoll(time.Millisecond, 2, 100*time.Millisecond)))
	fn, err := client.Create(t.Context(), functions.FunctionWrite{Name: "My function", ExternalID: new("my-function")}, functions.Folder("my-function"))
	if err == nil {
		fn, err = fn.WaitReady(t.Context())
	}
	if err == nil {
		s.call, err = fn.Call(t.Context(), map[string]int{"a": 1, "b": 2})
	}
	if err != nil {
		t.Fatal(err)
	}
	s.fn = fn
	return s, client
}

// client returns a new client of the same project.
func (s *fixture) client(opts ...functions.Option) *functions.Client {
	s.t.Helper()
	transport := &http.Transport{}
	s.t.Cleanup(transport.CloseIdleConnections)
	client, err := functions.NewClient(s.cfg, append([]functions.Option{functions.WithHTTPClient(&http.Client{Transport: transport})}, opts...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

func add(_ context.Context, call *emulator.Call) (any, error) {
	var in struct{ A, B int }
	if err := json.Unmarshal(call.Data, &in); err != nil {
		return nil, err
	}
	if in.A < 0 {
		return nil, errors.New("ValueError: a is negative")
	}
	call.Printf("adding %d and %d", in.A, in.B)
	return map[string]int{"sum": in.A + in.B}, nil
}

// want compares a result of a snippet with the expected value.
func (s *fixture) want(what string, got, want any) {
	s.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// createSchedule creates a schedule of the function with the name "nightly".
func (s *fixture) createSchedule(ctx context.Context, client *functions.Client) *functions.Schedule {
	s.t.Helper()
	schedule, err := client.Schedules.Create(ctx, s.fn.Identifier(), functions.ScheduleWrite{
		Name: "nightly", CronExpression: "0 3 * * *", Data: json.RawMessage(`{"a": 1}`),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return schedule
}
