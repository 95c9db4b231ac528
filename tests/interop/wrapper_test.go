package interop

import (
	"encoding/json"
	"testing"

	functions "github.com/cogfn/cogfn/wrapper"
)

const code = "def handle(data):\n    return data\n"

// TestWrapperAgainstPrism calls the methods of the wrapper that send requests. Prism has no state: every function has
// the values of the examples and stays Queued, so the test does not wait.
func TestWrapperAgainstPrism(t *testing.T) {
	t.Parallel()
	service := startMock(t)
	s := &scenario{t: t, client: service.client(t)}
	s.files()
	s.functions()
	s.project()
	s.calls()
	s.schedules()
	s.sessions()
	service.check(t)
}

type scenario struct {
	t      *testing.T
	client *functions.Client
}

// done ends the test unless a step succeeded.
func (s *scenario) done(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) files() {
	s.t.Helper()
	ctx, files := s.t.Context(), s.client.Files
	write := functions.FileWrite{Name: "echo.zip", ExternalID: new("echo"), MimeType: new("application/zip")}
	_, err := files.Upload(ctx, write, []byte("bytes"), functions.WithOverwrite())
	s.done(err)
	_, err = files.Retrieve(ctx, functions.ExternalID("echo"))
	s.done(err)
	_, err = files.Download(ctx, functions.ID(1))
	s.done(err)
	s.done(files.Delete(ctx, []functions.Identifier{functions.ID(1)}))
}

func (s *scenario) functions() {
	s.t.Helper()
	ctx := s.t.Context()
	_, err := s.client.Create(ctx, functions.FunctionWrite{
		Name: "echo", ExternalID: new("echo"), Secrets: map[string]string{"key": "value"}, CPU: new(0.25), Memory: new(1.5),
	}, functions.HandlerText(code), functions.WithFileDataSet(1))
	s.done(err)
	fn, err := s.client.Retrieve(ctx, functions.ID(1))
	s.done(err)
	if fn.Status != functions.FunctionQueued || fn.Created().IsZero() || fn.Metadata == nil || fn.Error == nil {
		s.t.Errorf("the function differs from the examples: %+v", fn.Function)
	}
	s.done(fn.Update(ctx))
	_, err = s.client.RetrieveMultiple(ctx, []functions.Identifier{functions.ID(1)}, functions.IgnoreUnknown())
	s.done(err)
	listed, err := s.client.List(ctx, functions.Filter{Name: "echo", Status: functions.FunctionReady, Metadata: map[string]string{"a": "b"}})
	s.done(err)
	if len(listed.AsWrite()) == 0 {
		s.t.Error("the list of functions is empty")
	}
	s.done(s.client.Delete(ctx, []functions.Identifier{functions.ID(1), functions.ExternalID("echo")}, functions.IgnoreUnknown()))
}

func (s *scenario) project() {
	s.t.Helper()
	ctx := s.t.Context()
	limits, err := s.client.Limits(ctx)
	s.done(err)
	if limits.TimeoutMinutes != 9 || limits.MemoryGB.Max != 1.5 {
		s.t.Errorf("the limits differ from the examples: %+v", limits)
	}
	_, err = s.client.Status(ctx)
	s.done(err)
	_, err = s.client.Activate(ctx)
	s.done(err)
}

func (s *scenario) calls() {
	s.t.Helper()
	ctx := s.t.Context()
	_, err := s.client.Start(ctx, functions.ExternalID("my.known.id"), map[string]any{"n": json.Number("12345678901234567890")})
	s.done(err)
	call, err := s.client.Calls.Retrieve(ctx, functions.ID(1), 1)
	s.done(err)
	response, err := call.Response(ctx)
	s.done(err)
	if want := `{"numAssets":1234,"someCalculation":3.14}`; string(response) != want {
		s.t.Errorf("the response is %s; want %s", response, want)
	}
	lines, err := call.Logs(ctx)
	s.done(err)
	if want := "Did do fancy thing\nDid do another fancy thing"; lines.Text(false) != want {
		s.t.Errorf("the log is %q; want %q", lines.Text(false), want)
	}
	_, err = s.client.Calls.List(ctx, functions.ID(1), functions.CallsFilter{Status: functions.CallRunning, ScheduleID: 1}, functions.WithLimit(1))
	s.done(err)
	_, err = s.client.Calls.RetrieveMultiple(ctx, functions.ID(1), []int64{1}, functions.IgnoreUnknown())
	s.done(err)
}

func (s *scenario) schedules() {
	s.t.Helper()
	ctx, schedules := s.t.Context(), s.client.Schedules
	_, err := schedules.Create(ctx, functions.ID(1), functions.ScheduleWrite{
		Name: "yearly", CronExpression: "0 0 1 1 *", Data: json.RawMessage(`{"a":1}`),
	})
	s.done(err)
	schedule, err := schedules.Retrieve(ctx, 1)
	s.done(err)
	_, err = schedule.AsWrite(ctx)
	s.done(err)
	_, err = schedules.RetrieveMultiple(ctx, []int64{1}, functions.IgnoreUnknown())
	s.done(err)
	_, err = schedules.List(ctx, functions.SchedulesFilter{Name: "yearly", Function: functions.ID(1), CronExpression: "0 0 1 1 *"})
	s.done(err)
	s.done(schedules.Delete(ctx, []int64{1}))
}

func (s *scenario) sessions() {
	s.t.Helper()
	ctx, sessions := s.t.Context(), s.client.Sessions
	for _, credentials := range []functions.SessionCredentials{
		functions.SessionClientCredentials("id", "secret"), functions.SessionTokenExchange(), functions.SessionOneshotTokenExchange(),
	} {
		created, err := sessions.Create(ctx, credentials)
		s.done(err)
		if created.Nonce == "" {
			s.t.Error("the session has no nonce")
		}
	}
	const id = 105049194919491 // the one in the examples
	_, err := sessions.Retrieve(ctx, id)
	s.done(err)
	_, err = sessions.Revoke(ctx, []int64{id})
	s.done(err)
	_, err = sessions.List(ctx, functions.SessionsFilter{Status: functions.SessionActive}, functions.WithLimit(1))
	s.done(err)
}
