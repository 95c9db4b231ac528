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
	withFakeTime(t, scripted{90 * time.Second}, service.Limits{}, func(s *testService) {
		_, nonce := s.createSession(false)
		id := s.createSchedule("* * * * *", nonce)
		advance(3*time.Minute + time.Second)
		// Calls overlap: each takes longer than a minute.
		want := []string{"Completed at 00:01 for 00:01", "Running at 00:02 for 00:02", "Running at 00:03 for 00:03"}
		shown, calls := s.callsOf(id)
		if diff := cmp.Diff(want, shown); diff != "" {
			s.t.Fatalf("calls (-want +got):\n%s", diff)
		}
		response, err := s.GetFunctionCallResponse(s.t.Context(), server.GetFunctionCallResponseRequestObject{FunctionID: s.functionID, CallID: calls[0].ID})
		if err != nil {
			s.t.Fatal(err)
		}
		wantJSON := fmt.Sprintf(`{"schedule":%d,"at":%d,"data":{"n":1}}`, id, *calls[0].ScheduledTime)
		if got := string(as[server.GetFunctionCallResponse200JSONResponse](s.t, response).Response); got != wantJSON {
			s.t.Errorf("response %s, want %s", got, wantJSON)
		}
		_, err = s.DeleteFunctionSchedules(s.t.Context(), server.DeleteFunctionSchedulesRequestObject{
			Body: &gen.FunctionScheduleDeleteRequest{Items: gen.FunctionScheduleReferences{{ID: id}}},
		})
		if err != nil {
			s.t.Fatal(err)
		}
		advance(10 * time.Minute)
		want = []string{"Completed at 00:01 for 00:01", "Completed at 00:02 for 00:02", "Completed at 00:03 for 00:03"}
		if shown, _ := s.callsOf(id); !cmp.Equal(want, shown) {
			s.t.Errorf("calls after the schedule was deleted (-want +got):\n%s", cmp.Diff(want, shown))
		}
	})
}

// errorMessage returns the message of a call's error.
func (s *testService) errorMessage(call gen.FunctionCall) string {
	s.t.Helper()
	if call.Error == nil {
		s.t.Fatalf("the call is %s without an error", call.Status)
	}
	details, err := call.Error.AsFunctionCallErrorDetails()
	if err != nil {
		s.t.Fatal(err)
	}
	return *details.Message
}

func TestScheduleWithEndedSession(t *testing.T) {
	t.Parallel()
	withFakeTime(t, scripted{}, service.Limits{}, func(s *testService) {
		renewable, renewableNonce := s.createSession(false)
		_, onceNonce := s.createSession(true)
		renewed, once := s.createSchedule("0 * * * *", renewableNonce), s.createSchedule("30 * * * *", onceNonce)
		advance(24 * time.Hour)
		if shown, _ := s.callsOf(renewed); len(shown) != 24 || shown[23] != "Completed at 00:00 for 00:00" {
			s.t.Errorf("calls with a renewed session: %v", shown)
		}
		shown, calls := s.callsOf(once)
		if len(shown) != 24 || shown[0] != "Completed at 00:30 for 00:30" || shown[1] != "Failed at 01:30 for 01:30" {
			s.t.Errorf("calls with a one-shot session: %v", shown)
		}
		if message := s.errorMessage(calls[1]); !strings.Contains(message, "EXPIRED") {
			s.t.Errorf("message %q", message)
		}
		_, err := s.RevokeSessions(s.t.Context(), server.RevokeSessionsRequestObject{Body: &gen.SessionRevokeRequest{Items: []gen.SessionReference{{ID: renewable}}}})
		if err != nil {
			s.t.Fatal(err)
		}
		advance(time.Hour)
		shown, calls = s.callsOf(renewed)
		if len(shown) != 25 || shown[24] != "Failed at 01:00 for 01:00" || !strings.Contains(s.errorMessage(calls[24]), "REVOKED") {
			s.t.Errorf("calls with a revoked session: %v", shown)
		}
	})
}

func TestScheduleAboveLimit(t *testing.T) {
	t.Parallel()
	withFakeTime(t, scripted{time.Hour}, service.Limits{RunningCallsPerFunction: 1}, func(s *testService) {
		_, nonce := s.createSession(false)
		id := s.createSchedule("* * * * *", nonce)
		advance(2*time.Minute + time.Second)
		shown, calls := s.callsOf(id)
		if diff := cmp.Diff([]string{"Running at 00:01 for 00:01", "ConcurrencyLimitExceeded at 00:02 for 00:02"}, shown); diff != "" {
			s.t.Fatalf("calls (-want +got):\n%s", diff)
		}
		if message := s.errorMessage(calls[1]); !strings.Contains(message, "maximum number") {
			s.t.Errorf("message %q", message)
		}
	})
}

func TestSessionExpires(t *testing.T) {
	t.Parallel()
	withFakeTime(t, scripted{}, service.Limits{}, func(s *testService) {
		status := func(id int64) gen.SessionStatus {
			s.t.Helper()
			response, err := s.GetSessionsByIDs(s.t.Context(), server.GetSessionsByIDsRequestObject{Body: &gen.SessionByIDsRequest{Items: []gen.SessionReference{{ID: id}}}})
			if err != nil {
				s.t.Fatal(err)
			}
			return *as[server.GetSessionsByIDs200JSONResponse](s.t, response).Items[0].Status
		}
		call := func(nonce string) error {
			_, err := s.PostFunctionsCall(s.t.Context(), server.PostFunctionsCallRequestObject{FunctionID: s.functionID, Body: &gen.FunctionCallRequest{Nonce: nonce}})
			return err
		}
		used, usedNonce := s.createSession(false)
		late, lateNonce := s.createSession(false)
		advance(59 * time.Second)
		if err := call(usedNonce); err != nil {
			s.t.Fatalf("after 59 s: %v", err)
		}
		advance(time.Second)
		if err := call(lateNonce); err == nil || !strings.Contains(err.Error(), "nonce") {
			s.t.Errorf("after 60 s: %v", err)
		}
		if a, b := status(used), status(late); a != gen.SessionStatusActive || b != gen.SessionStatusExpired {
			s.t.Errorf("statuses %s and %s", a, b)
		}
		advance(time.Hour)
		if a := status(used); a != gen.SessionStatusExpired {
			s.t.Errorf("status %s after an hour", a)
		}
	})
}

// After kill -9, schedules continue with their next time. There are no calls for the times in between.
func TestScheduleAfterKill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before, after := filepath.Join(t.TempDir(), "before"), filepath.Join(t.TempDir(), "after")
		s := startService(t, before, config(scripted{time.Hour}, service.Limits{}))
		s.functionID = s.createFunction()
		synctest.Wait()
		_, nonce := s.createSession(false)
		id := s.createSchedule("*/10 * * * *", nonce)
		advance(15 * time.Minute)
		if err := os.CopyFS(after, os.DirFS(before)); err != nil { // the copy has the state of a killed process
			t.Fatal(err)
		}
		functionID := s.functionID
		s.stop()

		advance(20 * time.Minute)
		s = startService(t, after, config(scripted{time.Second}, service.Limits{}))
		s.functionID = functionID
		advance(16 * time.Minute)
		want := []string{"Failed at 00:10 for 00:10", "Completed at 00:40 for 00:40", "Completed at 00:50 for 00:50"}
		shown, calls := s.callsOf(id)
		if diff := cmp.Diff(want, shown); diff != "" {
			t.Fatalf("calls (-want +got):\n%s", diff)
		}
		if message := s.errorMessage(calls[0]); !strings.Contains(message, "was stopped") {
			t.Errorf("the running call failed with %q", message)
		}
		s.stop()
	})
}
