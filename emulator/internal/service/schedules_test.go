package service_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

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
			answer, err := w.GetSessionsByIDs(w.t.Context(), server.GetSessionsByIDsRequestObject{Body: &gen.SessionByIDsRequest{Items: []gen.SessionReference{{ID: id}}}})
			if err != nil {
				w.t.Fatal(err)
			}
			return *as[server.GetSessionsByIDs200JSONResponse](w.t, answer).Items[0].Status
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
		if a, b := status(used), status(late); a != gen.SessionStatusActive || b != gen.SessionStatusExpired {
			w.t.Errorf("statuses %s and %s", a, b)
		}
		pass(time.Hour)
		if a := status(used); a != gen.SessionStatusExpired {
			w.t.Errorf("status %s after an hour", a)
		}
	})
}

// A data folder as kill -9 leaves it: schedules go on with their next time, and times in between are not made up for.
func TestScheduleAfterAKill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before, after := filepath.Join(t.TempDir(), "before"), filepath.Join(t.TempDir(), "after")
		w := begin(t, before, config(scripted{time.Hour}, service.Limits{}))
		w.functionID = w.function()
		synctest.Wait()
		_, nonce := w.session(false)
		id := w.schedule("*/10 * * * *", nonce)
		pass(15 * time.Minute)
		if err := os.CopyFS(after, os.DirFS(before)); err != nil { // nothing says to the copy that the end came
			t.Fatal(err)
		}
		functionID := w.functionID
		w.end()

		pass(20 * time.Minute)
		w = begin(t, after, config(scripted{time.Second}, service.Limits{}))
		w.functionID = functionID
		pass(16 * time.Minute)
		want := []string{"Failed at 00:10 for 00:10", "Completed at 00:40 for 00:40", "Completed at 00:50 for 00:50"}
		shown, calls := w.calls(id)
		if diff := cmp.Diff(want, shown); diff != "" {
			t.Fatalf("calls (-want +got):\n%s", diff)
		}
		if message := w.failure(calls[0]); message != "the emulator was stopped while the call ran" {
			t.Errorf("the call that ran failed with %q", message)
		}
		w.end()
	})
}
