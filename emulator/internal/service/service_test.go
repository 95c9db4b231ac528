package service_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// scripted is a function that runs for some time and returns the arguments of the call.
type scripted struct{ took time.Duration }

func (s scripted) Call(ctx context.Context, call runner.Call, log func(string)) runner.Outcome {
	log("called")
	select {
	case <-time.After(s.took):
	case <-ctx.Done():
		return runner.Outcome{Status: runner.Failed, Message: "stopped"}
	}
	return runner.Outcome{Status: runner.Completed, Response: fmt.Appendf(nil, `{"schedule":%d,"at":%d,"data":%s}`, call.ScheduleID, call.ScheduledTime, call.Data)}
}

func (scripted) Close() {}

// testService is a service without HTTP that has one function.
type testService struct {
	t *testing.T
	*service.Service
	state      *store.Store
	functionID int64
}

// withFakeTime runs a test in a synctest bubble, with a function that is Ready. The time starts at midnight on 1 January
// 2000.
func withFakeTime(t *testing.T, function runner.Function, limits service.Limits, use func(s *testService)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := startService(t, "", config(function, limits))
		s.functionID = s.createFunction()
		synctest.Wait()
		use(s)
		s.stop()
	})
}

var errNoRunner = errors.New("no runner")

// config returns the configuration of a service whose calls all run one Go function.
func config(function runner.Function, limits service.Limits) service.Config {
	return service.Config{
		Profile: service.Profile{Limits: limits}, NonceLifetime: time.Minute,
		GoFunction:  func(string, string, runner.Spec) runner.Function { return function },
		NewRunner:   func() (runner.Runner, error) { return nil, errNoRunner },
		KnownClient: func(string, string) bool { return true },
		Logger:      slog.New(slog.DiscardHandler),
		Clock:       clock.New(),
	}
}

// startService starts a service with a data directory; "" means a temporary directory.
func startService(t *testing.T, dir string, config service.Config) *testService {
	t.Helper()
	state, err := store.Open(store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	config.Store = state
	s, err := service.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return &testService{t: t, Service: s, state: state}
}

// stop closes the service and its store.
func (s *testService) stop() {
	s.t.Helper()
	if err := errors.Join(s.Close(), s.state.Close()); err != nil {
		s.t.Error(err)
	}
}

// emptyZip is an empty zip file.
const emptyZip = "PK\x05\x06" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// createFunction creates a function without code.
func (s *testService) createFunction() int64 {
	s.t.Helper()
	return s.createFunctionFrom("")
}

// createFunctionFrom creates a function from a zip file, without uploading anything by HTTP.
func (s *testService) createFunctionFrom(code string) int64 {
	s.t.Helper()
	upload, err := s.state.Receive(strings.NewReader(code), 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	err = s.state.Update(s.t.Context(), func(tx *store.Tx) error {
		return errors.Join(upload.Commit(), tx.Files().Put(&store.File{ID: 1, UploadedTime: 1, Blob: upload.Name}))
	})
	if err := errors.Join(err, upload.Discard()); err != nil {
		s.t.Fatal(err)
	}
	_, err = s.PostFunctions(s.t.Context(), server.PostFunctionsRequestObject{
		Body: &gen.FunctionCreateRequest{Items: []gen.FunctionWrite{{Name: "f", FileID: 1, ExternalID: new("f")}}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	functions := s.listFunctions() // the response of PostFunctions has an unnamed type
	return functions[len(functions)-1].ID
}

func (s *testService) listFunctions() []gen.Function {
	s.t.Helper()
	response, err := s.GetFunctions(s.t.Context(), server.GetFunctionsRequestObject{})
	if err != nil {
		s.t.Fatal(err)
	}
	return as[server.GetFunctions200JSONResponse](s.t, response).Items
}

// deleteFunction deletes the function.
func (s *testService) deleteFunction() {
	s.t.Helper()
	var ref gen.FunctionReference
	if err := ref.FromFunctionIDReference(gen.FunctionIDReference{ID: s.functionID}); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.DeleteFunctions(s.t.Context(), server.DeleteFunctionsRequestObject{Body: &gen.FunctionDeleteRequest{Items: gen.FunctionReferences{ref}}}); err != nil {
		s.t.Fatal(err)
	}
}

// startCall starts a call with a new session.
func (s *testService) startCall() error {
	s.t.Helper()
	_, nonce := s.createSession(false)
	_, err := s.PostFunctionsCall(s.t.Context(), server.PostFunctionsCallRequestObject{FunctionID: s.functionID, Body: &gen.FunctionCallRequest{Nonce: nonce}})
	return err
}

// as returns a response as type T.
func as[T any](t *testing.T, response any) T {
	t.Helper()
	typed, ok := response.(T)
	if !ok {
		t.Fatalf("the response has type %T", response)
	}
	return typed
}

// createSession creates a session and returns its id and nonce.
func (s *testService) createSession(oneshot bool) (id int64, nonce string) {
	s.t.Helper()
	var write gen.SessionWrite
	err := write.FromSessionWithTokenExchange(gen.SessionWithTokenExchange{TokenExchange: true})
	if oneshot {
		err = write.FromSessionWithOneshotTokenExchange(gen.SessionWithOneshotTokenExchange{OneshotTokenExchange: true})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := s.CreateSessions(s.t.Context(), server.CreateSessionsRequestObject{Body: &gen.SessionCreateRequest{Items: []gen.SessionWrite{write}}})
	if err != nil {
		s.t.Fatal(err)
	}
	created := as[server.CreateSessions200JSONResponse](s.t, response).Items[0]
	return created.ID, created.Nonce
}

// createSchedule creates a schedule and returns its id.
func (s *testService) createSchedule(cron, nonce string) int64 {
	s.t.Helper()
	response, err := s.PostFunctionSchedules(s.t.Context(), server.PostFunctionSchedulesRequestObject{
		Body: &gen.FunctionScheduleCreateRequest{Items: []gen.FunctionScheduleWrite{{
			Name: "s", CronExpression: cron, FunctionID: s.functionID, Nonce: nonce, Data: json.RawMessage(`{"n":1}`),
		}}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return as[server.PostFunctionSchedules201JSONResponse](s.t, response).Items[0].ID
}

// callsOf returns the calls of a schedule, oldest first. shown formats each as "STATUS at START for SCHEDULED TIME".
func (s *testService) callsOf(scheduleID int64) (shown []string, calls []gen.FunctionCall) {
	s.t.Helper()
	response, err := s.ListFunctionCalls(s.t.Context(), server.ListFunctionCallsRequestObject{
		FunctionID: s.functionID, Body: &gen.FunctionCallListRequest{Filter: &gen.FunctionCallFilter{ScheduleID: &scheduleID}, Limit: new(int32(10_000))},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	items := as[server.ListFunctionCalls200JSONResponse](s.t, response).Items
	for i := range items {
		call := items[len(items)-1-i]
		calls = append(calls, call)
		shown = append(shown, fmt.Sprintf("%s at %s for %s", call.Status,
			time.UnixMilli(call.StartTime).UTC().Format("15:04"), time.UnixMilli(*call.ScheduledTime).UTC().Format("15:04")))
	}
	return shown, calls
}

// advance waits in fake time and then for the service to become idle.
func advance(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
