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

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// scripted is a function that takes some time and tells what it was called with.
type scripted struct{ took time.Duration }

func (s scripted) Call(ctx context.Context, call runner.Call, log func(runner.Line)) runner.Outcome {
	log(runner.Line{Time: time.Now(), Message: "called"})
	select {
	case <-time.After(s.took):
	case <-ctx.Done():
		return runner.Outcome{Status: runner.Failed, Message: "stopped"}
	}
	return runner.Outcome{Status: runner.Completed, Response: fmt.Appendf(nil, `{"schedule":%d,"at":%d,"data":%s}`, call.ScheduleID, call.ScheduledTime, call.Data)}
}

func (scripted) Close() {}

// world is a service on fake time, without a network, with one function that is Ready.
type world struct {
	t *testing.T
	*service.Service
	functionID int64
}

// inBubble runs a test on fake time, which begins at midnight of 1 January 2000.
func inBubble(t *testing.T, function runner.Function, limits service.Limits, use func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		state, err := store.Open(store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := service.New(service.Config{
			Store: state, Limits: limits, NonceLifetime: time.Minute,
			GoFunction:  func(string, string, runner.Spec) runner.Function { return function },
			NewRunner:   func() (runner.Runner, error) { return nil, errors.New("no runner") },
			KnownClient: func(string, string) bool { return true },
			Logger:      slog.New(slog.DiscardHandler),
			Now:         time.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, Service: s}
		w.functionID = w.function(state)
		use(w)
		if err := errors.Join(s.Close(), state.Close()); err != nil {
			t.Error(err)
		}
	})
}

// function creates a function with a file, without uploading anything by HTTP.
func (w *world) function(state *store.Store) int64 {
	w.t.Helper()
	err := state.Update(w.t.Context(), func(tx *store.Tx) error {
		return tx.Files().Put(&store.File{ID: 1, UploadedTime: 1})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.PostFunctions(w.t.Context(), server.PostFunctionsRequestObject{
		Body: &gen.FunctionCreateRequest{Items: []gen.FunctionWrite{{Name: "f", FileID: 1, ExternalID: new("f")}}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
	_ = answer // its type is the service's own; the filter tells the id
	var id int64
	err = state.View(w.t.Context(), func(tx *store.Tx) error {
		for _, row := range tx.Functions().Oldest() {
			id = row.Value.ID
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// as returns an answer as the type that it must have.
func as[T any](t *testing.T, answer any) T {
	t.Helper()
	typed, ok := answer.(T)
	if !ok {
		t.Fatalf("the answer is a %T", answer)
	}
	return typed
}

// session creates a session of a kind and returns its id and nonce.
func (w *world) session(oneshot bool) (id int64, nonce string) {
	w.t.Helper()
	var write gen.SessionWrite
	err := write.FromSessionWithTokenExchange(gen.SessionWithTokenExchange{TokenExchange: true})
	if oneshot {
		err = write.FromSessionWithOneshotTokenExchange(gen.SessionWithOneshotTokenExchange{OneshotTokenExchange: true})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := w.CreateSessions(w.t.Context(), server.CreateSessionsRequestObject{Body: &gen.SessionCreateRequest{Items: []gen.SessionWrite{write}}})
	if err != nil {
		w.t.Fatal(err)
	}
	made := as[server.CreateSessions200JSONResponse](w.t, answer).Items[0]
	return made.ID, made.Nonce
}

// schedule creates a schedule and returns its id.
func (w *world) schedule(cron, nonce string) int64 {
	w.t.Helper()
	answer, err := w.PostFunctionSchedules(w.t.Context(), server.PostFunctionSchedulesRequestObject{
		Body: &gen.FunctionScheduleCreateRequest{Items: []gen.FunctionScheduleWrite{{
			Name: "s", CronExpression: cron, FunctionID: w.functionID, Nonce: nonce, Data: json.RawMessage(`{"n":1}`),
		}}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return as[server.PostFunctionSchedules201JSONResponse](w.t, answer).Items[0].ID
}

// calls returns the calls of a schedule, oldest first, as "STATUS at HH:MM for HH:MM".
func (w *world) calls(scheduleID int64) (shown []string, calls []gen.FunctionCall) {
	w.t.Helper()
	answer, err := w.ListFunctionCalls(w.t.Context(), server.ListFunctionCallsRequestObject{
		FunctionID: w.functionID, Body: &gen.FunctionCallListRequest{Filter: &gen.FunctionCallFilter{ScheduleID: &scheduleID}, Limit: new(int32(10_000))},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	items := as[server.ListFunctionCalls200JSONResponse](w.t, answer).Items
	for i := range items {
		call := items[len(items)-1-i]
		calls = append(calls, call)
		shown = append(shown, fmt.Sprintf("%s at %s for %s", call.Status,
			time.UnixMilli(call.StartTime).UTC().Format("15:04"), time.UnixMilli(*call.ScheduledTime).UTC().Format("15:04")))
	}
	return shown, calls
}

func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestScheduleMakesCalls(t *testing.T) {
	t.Parallel()
	inBubble(t, scripted{90 * time.Second}, service.Limits{}, func(w *world) {
		_, nonce := w.session(false)
		id := w.schedule("* * * * *", nonce)
		pass(3*time.Minute + time.Second)
		// Calls overlap: each takes longer than a minute.
		want := []string{"Completed at 00:01 for 00:01", "Running at 00:02 for 00:02", "Running at 00:03 for 00:03"}
		shown, calls := w.calls(id)
		if diff := cmp.Diff(want, shown); diff != "" {
			w.t.Fatalf("calls (-want +got):\n%s", diff)
		}
		answer, err := w.GetFunctionCallResponse(w.t.Context(), server.GetFunctionCallResponseRequestObject{FunctionID: w.functionID, CallID: calls[0].ID})
		if err != nil {
			w.t.Fatal(err)
		}
		response := fmt.Sprintf(`{"schedule":%d,"at":%d,"data":{"n":1}}`, id, *calls[0].ScheduledTime)
		if got := string(as[server.GetFunctionCallResponse200JSONResponse](w.t, answer).Response); got != response {
			w.t.Errorf("response %s, want %s", got, response)
		}
		_, err = w.DeleteFunctionSchedules(w.t.Context(), server.DeleteFunctionSchedulesRequestObject{
			Body: &gen.FunctionScheduleDeleteRequest{Items: gen.FunctionScheduleReferences{{ID: id}}},
		})
		if err != nil {
			w.t.Fatal(err)
		}
		pass(10 * time.Minute)
		want = []string{"Completed at 00:01 for 00:01", "Completed at 00:02 for 00:02", "Completed at 00:03 for 00:03"}
		if shown, _ := w.calls(id); !cmp.Equal(want, shown) {
			w.t.Errorf("calls after the schedule was deleted (-want +got):\n%s", cmp.Diff(want, shown))
		}
	})
}

// failure returns the message of a call's error.
func (w *world) failure(call gen.FunctionCall) string {
	w.t.Helper()
	if call.Error == nil {
		w.t.Fatalf("the call is %s without an error", call.Status)
	}
	details, err := call.Error.AsFunctionCallErrorDetails()
	if err != nil {
		w.t.Fatal(err)
	}
	return *details.Message
}

func TestScheduleWhoseSessionEnds(t *testing.T) {
	t.Parallel()
	inBubble(t, scripted{}, service.Limits{}, func(w *world) {
		kept, keptNonce := w.session(false)
		_, onceNonce := w.session(true)
		renewed, once := w.schedule("0 * * * *", keptNonce), w.schedule("30 * * * *", onceNonce)
		pass(24 * time.Hour)
		if shown, _ := w.calls(renewed); len(shown) != 24 || shown[23] != "Completed at 00:00 for 00:00" {
			w.t.Errorf("calls of a session that is renewed: %v", shown)
		}
		shown, calls := w.calls(once)
		if len(shown) != 24 || shown[0] != "Completed at 00:30 for 00:30" || shown[1] != "Failed at 01:30 for 01:30" {
			w.t.Errorf("calls of a one-shot session: %v", shown)
		}
		if message := w.failure(calls[1]); !strings.Contains(message, "is EXPIRED: create the schedule again") {
			w.t.Errorf("message %q", message)
		}
		_, err := w.RevokeSessions(w.t.Context(), server.RevokeSessionsRequestObject{Body: &gen.SessionRevokeRequest{Items: []gen.SessionReference{{ID: kept}}}})
		if err != nil {
			w.t.Fatal(err)
		}
		pass(time.Hour)
		shown, calls = w.calls(renewed)
		if len(shown) != 25 || shown[24] != "Failed at 01:00 for 01:00" || !strings.Contains(w.failure(calls[24]), "is REVOKED") {
			w.t.Errorf("calls of a revoked session: %v", shown)
		}
	})
}

func TestScheduleAboveTheLimit(t *testing.T) {
	t.Parallel()
	inBubble(t, scripted{time.Hour}, service.Limits{RunningCallsPerFunction: 1}, func(w *world) {
		_, nonce := w.session(false)
		id := w.schedule("* * * * *", nonce)
		pass(2*time.Minute + time.Second)
		shown, calls := w.calls(id)
		if diff := cmp.Diff([]string{"Running at 00:01 for 00:01", "Failed at 00:02 for 00:02"}, shown); diff != "" {
			w.t.Fatalf("calls (-want +got):\n%s", diff)
		}
		if message := w.failure(calls[1]); !strings.Contains(message, "maximum number='1' of concurrent calls") {
			w.t.Errorf("message %q", message)
		}
	})
}

func TestSessionGrowsOld(t *testing.T) {
	t.Parallel()
	inBubble(t, scripted{}, service.Limits{}, func(w *world) {
		status := func(id int64) gen.SessionStatus {
			w.t.Helper()
			answer, err := w.GetSessionsByIds(w.t.Context(), server.GetSessionsByIdsRequestObject{Body: &gen.SessionByIdsRequest{Items: []gen.SessionReference{{ID: id}}}})
			if err != nil {
				w.t.Fatal(err)
			}
			return *as[server.GetSessionsByIds200JSONResponse](w.t, answer).Items[0].Status
		}
		call := func(nonce string) error {
			_, err := w.PostFunctionsCall(w.t.Context(), server.PostFunctionsCallRequestObject{FunctionID: w.functionID, Body: &gen.FunctionCallRequest{Nonce: nonce}})
			return err
		}
		used, usedNonce := w.session(false)
		late, lateNonce := w.session(false)
		pass(59 * time.Second)
		if err := call(usedNonce); err != nil {
			w.t.Fatalf("after 59 s: %v", err)
		}
		pass(time.Second)
		if err := call(lateNonce); err == nil || err.Error() != "Failed to bind nonce with session" {
			w.t.Errorf("after 60 s: %v", err)
		}
		if a, b := status(used), status(late); a != gen.SessionStatusACTIVE || b != gen.SessionStatusEXPIRED {
			w.t.Errorf("statuses %s and %s", a, b)
		}
		pass(time.Hour)
		if a := status(used); a != gen.SessionStatusEXPIRED {
			w.t.Errorf("status %s after an hour", a)
		}
	})
}
