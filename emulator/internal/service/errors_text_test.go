package service_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// TestErrorTexts pins complete messages of error responses. Other tests check only key words.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	create := func(write gen.FunctionWrite) func(*testService) error {
		return func(s *testService) error {
			write.Name, write.FileID = "g", 1
			_, err := s.PostFunctions(s.t.Context(), server.PostFunctionsRequestObject{Body: &gen.FunctionCreateRequest{Items: []gen.FunctionWrite{write}}})
			return err
		}
	}
	call := func(functionID int64) func(*testService) error {
		return func(s *testService) error {
			_, err := s.PostFunctionsCall(s.t.Context(), server.PostFunctionsCallRequestObject{
				FunctionID: functionID, Body: &gen.FunctionCallRequest{Nonce: "unknown"},
			})
			return err
		}
	}
	for name, test := range map[string]struct {
		limits service.Limits
		run    func(*testService) error
		want   string
	}{
		"nonce": { // the text of the real service
			run: func(s *testService) error { return call(s.functionID)(s) }, want: "Failed to bind nonce with session",
		},
		"nonce of a schedule": { // the text of the real service
			run: func(s *testService) error {
				write := gen.FunctionScheduleWrite{Name: "s", CronExpression: "* * * * *", FunctionID: s.functionID, Nonce: "unknown"}
				_, err := s.PostFunctionSchedules(s.t.Context(), server.PostFunctionSchedulesRequestObject{
					Body: &gen.FunctionScheduleCreateRequest{Items: []gen.FunctionScheduleWrite{write}},
				})
				return err
			},
			want: "Failed to bind session on schedule with id None.",
		},
		"running calls of a function": { // the text of the real service
			limits: service.Limits{RunningCallsPerFunction: 1}, run: startTwoCalls,
			want: "Function exceeded maximum number='1' of concurrent calls. Please try again later.",
		},
		"running calls": {
			limits: service.Limits{RunningCalls: 1}, run: startTwoCalls,
			want: "Project exceeded maximum number='1' of concurrent calls. Please try again later.",
		},
		"unknown function": {run: call(7), want: "function not found: id 7"},
		"external id":      {run: create(gen.FunctionWrite{ExternalID: new("f")}), want: `a function with the externalId "f" exists already`},
		"functions": {
			limits: service.Limits{Functions: 1}, run: create(gen.FunctionWrite{}),
			want: "the project has 1 functions already, which is its limit: delete one first",
		},
		"secret key": {
			run:  create(gen.FunctionWrite{Secrets: gen.FunctionSecrets{"A": "hidden"}}),
			want: `the secret key "A" is not valid: it must match ` + gen.FunctionSecretsKeyPattern,
		},
		"environment variable": {
			run:  create(gen.FunctionWrite{EnvVars: gen.FunctionEnvVars{"A": "\x00"}}),
			want: `the environment variable "A" contains a zero byte, which environment variables cannot have`,
		},
		"function path": {
			run:  create(gen.FunctionWrite{FunctionPath: new("../handler.py")}),
			want: `the functionPath "../handler.py" is not valid: use a relative path with forward slashes inside the zip file`,
		},
		"cores": {run: create(gen.FunctionWrite{CPU: new(9.0)}), want: "cpu is 9: it must be between 1 and 3"},
		"cursor": {
			run: func(s *testService) error {
				_, err := s.ListSessions(s.t.Context(), server.ListSessionsRequestObject{Params: gen.ListSessionsParams{Cursor: new("?")}})
				return err
			},
			want: "the cursor is not valid: use the nextCursor of the page before",
		},
		"upload URL": {
			run: func(s *testService) error {
				return s.ReceiveContent(s.t.Context(), "1", "signature", strings.NewReader(""))
			},
			want: "the URL is not valid: use the unchanged URL from the API",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withFakeTime(t, scripted{time.Hour}, test.limits, func(s *testService) {
				if err := test.run(s); err == nil || err.Error() != test.want {
					s.t.Errorf("error %v, want %q", err, test.want)
				}
			})
		})
	}
}

// startTwoCalls returns the error of the second call.
func startTwoCalls(s *testService) error {
	if err := s.startCall(); err != nil {
		s.t.Fatal(err)
	}
	return s.startCall()
}
