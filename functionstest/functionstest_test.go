package functionstest_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/functionstest"
	functions "github.com/cogfn/cogfn/wrapper"
)

func double(_ context.Context, call *emulator.Call) (any, error) {
	var in struct{ N int }
	err := json.Unmarshal(call.Data, &in)
	return 2 * in.N, err
}

func TestRun(t *testing.T) {
	t.Parallel()
	client, e := functionstest.Run(t, emulator.Options{Handlers: map[string]emulator.Handler{"double": double}})
	for name, client := range map[string]*functions.Client{"first": client, "second": functionstest.Connect(t, e)} {
		call, err := client.Call(t.Context(), functions.ExternalID("double"), map[string]int{"n": 21})
		if err != nil {
			t.Fatalf("%s client: %v", name, err)
		}
		if response, err := call.Response(t.Context()); err != nil || string(response) != "42" {
			t.Errorf("%s client: response %s, error %v, want 42", name, response, err)
		}
	}
}

func TestRunWithTLS(t *testing.T) {
	t.Parallel()
	client, e := functionstest.Run(t, emulator.Options{Handlers: map[string]emulator.Handler{"double": double}, TLS: true})
	if _, err := client.Call(t.Context(), functions.ExternalID("double"), nil); err != nil {
		t.Error(err)
	}
	for _, request := range e.Requests() {
		if request.Protocol != "HTTP/2.0" {
			t.Errorf("%s %s over %s, want HTTP/2", request.Method, request.Path, request.Protocol)
		}
	}
}

// The options of the caller override those of Run.
func TestRunWithOptions(t *testing.T) {
	t.Parallel()
	client, _ := functionstest.Run(t, emulator.Options{
		Handlers: map[string]emulator.Handler{"double": double}, Calls: emulator.AfterPolls(1),
	}, functions.WithPoll(functions.ConstantPoll(time.Hour)))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := client.Call(ctx, functions.ExternalID("double"), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that the client does not poll a second time", err)
	}
}

// failure records the failure of a test.
type failure struct {
	emulator.TB

	message string
}

func (f *failure) Fatalf(format string, _ ...any) { f.message = format }

func TestConnectFailsTheTest(t *testing.T) {
	t.Parallel()
	_, e := functionstest.Run(t, emulator.Options{})
	failed := &failure{TB: t}
	functionstest.Connect(failed, e, functions.WithMaxResponseBytes(-1))
	if !strings.Contains(failed.message, "connect") {
		t.Errorf("the test failed with %q, want that it cannot connect", failed.message)
	}
}
