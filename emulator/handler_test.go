package emulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

func TestHandler(t *testing.T) {
	t.Parallel()
	type input struct{ A, B int }
	c := run(t, emulator.Options{Overrides: map[string]emulator.Handler{
		"add": func(_ context.Context, call *emulator.Call) (any, error) {
			var in input
			if err := json.Unmarshal(call.Data, &in); err != nil {
				return nil, err
			}
			call.Printf("%d + %d\nthe secret has %d letters", in.A, in.B, len(call.Secrets["key"]))
			call.Print("mode ", call.Env["MODE"])
			return in.A + in.B, nil
		},
		"fail":  func(context.Context, *emulator.Call) (any, error) { return nil, errors.New("invalid input") },
		"panic": func(context.Context, *emulator.Call) (any, error) { panic("oh no") },
		"none":  func(context.Context, *emulator.Call) (any, error) { return nil, nil },
		"chan":  func(context.Context, *emulator.Call) (any, error) { return make(chan int), nil },
	}})
	add := c.deploy(gen.FunctionWrite{
		Name: "adds", ExternalID: new("add"),
		Secrets: gen.FunctionSecrets{"key": "hush"}, EnvVars: gen.FunctionEnvVars{"MODE": "fast"},
	})
	if add.RuntimeVersion != nil {
		t.Errorf("runtime version %q, want none", *add.RuntimeVersion)
	}
	call := c.callAndWait(add.ID, `{"a":1,"b":2}`)
	if call.Status != gen.FunctionCallStatusCompleted || call.EndTime == nil || call.Error != nil {
		t.Errorf("call %+v, want it Completed", call)
	}
	if got := c.response(call); got != "3" {
		t.Errorf("response %s, want 3", got)
	}
	if diff := cmp.Diff([]string{"1 + 2", "the secret has 4 letters", "mode fast"}, c.logs(call)); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	for name, want := range map[string]struct {
		status            gen.FunctionCallStatus
		message, response string
	}{
		"fail":  {gen.FunctionCallStatusFailed, "invalid input", ""},
		"panic": {gen.FunctionCallStatusFailed, "panic: oh no", ""},
		"none":  {gen.FunctionCallStatusCompleted, "", "null"},
		"chan":  {gen.FunctionCallStatusFailed, "unsupported type: chan int", ""},
	} {
		call := c.callAndWait(c.deploy(gen.FunctionWrite{Name: name}).ID, "")
		if call.Status != want.status {
			t.Errorf("%s: status %s, want %s", name, call.Status, want.status)
		}
		if got := c.response(call); got != want.response {
			t.Errorf("%s: response %q, want %q", name, got, want.response)
		}
		if want.message != "" {
			if message, _ := callError(t, call); !strings.Contains(message, want.message) {
				t.Errorf("%s: message %q, want it to contain %q", name, message, want.message)
			}
		}
	}
}
