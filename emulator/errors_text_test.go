package emulator

import (
	"context"
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/emulator/internal/runner"
)

// TestErrorTexts pins the sentences of all errors. Other tests compare types and key words only.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	start := func(options Options) error {
		e, err := Start(options)
		if err == nil {
			_ = e.Close()
		}
		return err
	}
	stop := func() error {
		e := RunT(t, Options{})
		_ = e.listener.Close() // the test checks the error of Wait
		return e.Wait(t.Context())
	}
	call := func(ctx context.Context, timeout time.Duration, handler Handler) error {
		f := &goFunction{handler: handler, clock: clock.New()}
		return errors.New(f.Call(ctx, runner.Call{Timeout: timeout}, func(string) {}).Message)
	}
	outcome := func(o Outcome) error { _, err := o.encode(); return err }
	restore := func() error {
		snapshot, err := RunT(t, Options{}).Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		return RunT(t, Options{}).Restore(snapshot)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	release := make(chan struct{})
	defer close(release)
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"project", start(Options{Project: "a/b"}), `the project "a/b" is not valid: use letters, digits, dashes and underscores`},
		{"cloud", start(Options{Cloud: "oracle"}), `the cloud "oracle" is unknown; use gcp, azure or aws`},
		{
			"form of errors", start(Options{Assumptions: Assumptions{CallErrors: "xml"}}),
			`the form "xml" of call errors is unknown; use object or text`,
		},
		{
			"status of an assumption", start(Options{Assumptions: Assumptions{RunningResponseStatus: 200}}),
			"RunningResponseStatus is 200, which is not the status of an error; use 400 to 599",
		},
		{
			"status of limited calls", start(Options{Assumptions: Assumptions{LimitedStatus: "Running"}}),
			"LimitedStatus is Running, but the call never runs; use a final status",
		},
		{"handler without a name", start(Options{Handlers: map[string]Handler{"": nil}}), "a handler has no name; use the external id of its function"},
		{"transition", AfterPolls(-1).Check(), "a transition cannot end after a negative duration or number of polls; use 0 or more"},
		{
			"two transitions", Transition{Polls: 1, Never: true}.Check(),
			"a transition ends after a duration or after polls or never; use one of them",
		},
		{"advance", RunT(t, Options{}).checkAdvance(-1), "the clock cannot advance by a negative duration; use SetTime to move it back"},
		{"time", checkTime(time.Time{}), "the clock cannot show 0001-01-01 00:00:00 +0000 UTC; use a time between 1970 and 9999"},
		{"no snapshot", RunT(t, Options{}).Restore(nil), "there is no snapshot to restore; take one with Snapshot and check its error"},
		{"response of an outcome", outcome(Outcome{Response: make(chan int)}), "the response of an outcome cannot be encoded as JSON: json: unsupported type: chan int"},
		{"status of an outcome", outcome(Outcome{Status: "Running"}), "an outcome cannot have the status Running; use a transition that never ends"},
		{
			"snapshot of another emulator", restore(),
			"the snapshot is closed or of another emulator; restore it in the emulator that made it",
		},
		{
			"listener", stop(),
			"the emulator stopped serving requests; start it again: accept tcp 127.0.0.1:PORT: use of closed network connection",
		},
		{
			"timeout",
			call(t.Context(), time.Nanosecond, func(ctx context.Context, _ *Call) (any, error) { <-ctx.Done(); return nil, ctx.Err() }),
			"the call did not end within 1ns",
		},
		{
			"blocked handler", call(canceled, 0, func(context.Context, *Call) (any, error) { <-release; return nil, nil }),
			"the handler did not return",
		},
		{
			"response", call(t.Context(), 0, func(context.Context, *Call) (any, error) { return make(chan int), nil }),
			"the response cannot be encoded as JSON: json: unsupported type: chan int",
		},
		{"panic", call(t.Context(), 0, func(context.Context, *Call) (any, error) { panic("oh no") }), "panic: oh no"},
	} {
		if tt.err == nil {
			t.Errorf("%s: no error", tt.name)
			continue
		}
		if got := port.ReplaceAllString(tt.err.Error(), "127.0.0.1:PORT"); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

var port = regexp.MustCompile(`127\.0\.0\.1:\d+`) // differs between runs
