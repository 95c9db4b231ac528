package service_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

func TestDeploymentDuration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := config(scripted{}, service.Limits{})
		slow.Deployments.After = time.Hour
		s := startService(t, "", slow)
		s.functionID = s.createFunction()
		for _, step := range []struct {
			wait time.Duration
			want gen.FunctionStatus
		}{
			{0, gen.FunctionStatusQueued},
			{30*time.Minute - 1, gen.FunctionStatusQueued},
			{1, gen.FunctionStatusDeploying},
			{30*time.Minute - 1, gen.FunctionStatusDeploying},
			{1, gen.FunctionStatusReady},
		} {
			advance(step.wait)
			if status := s.listFunctions()[0].Status; status != step.want {
				t.Fatalf("after another %v the function is %s, want %s", step.wait, status, step.want)
			}
			if err := s.startCall(); (err == nil) != (step.want == gen.FunctionStatusReady) {
				t.Errorf("error of a call while the function is %s: %v", step.want, err)
			} else if err != nil && !strings.Contains(err.Error(), "Ready") {
				t.Errorf("error %v, want one with %q", err, "Ready")
			}
		}
		s.stop()
	})
}

// counting is a runner that counts deployed and closed functions.
type counting struct{ deployed, closed atomic.Int64 }

func (*counting) Version() string { return "counting" }
func (*counting) Close() error    { return nil }

func (c *counting) Deploy(context.Context, runner.Spec) (runner.Function, error) {
	c.deployed.Add(1)
	return counted{c}, nil
}

type counted struct{ runner *counting }

func (counted) Call(context.Context, runner.Call, func(string)) runner.Outcome {
	return runner.Outcome{Status: runner.Completed}
}

func (c counted) Close() { c.runner.closed.Add(1) }

// A call that starts while its function is being deleted must not deploy the function again. The new deployment would
// never be closed.
func TestCallDuringDeletion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s *testService
		var deleting bool
		count := &counting{}
		c := config(nil, service.Limits{})
		c.NewRunner = func() (runner.Runner, error) { return count, nil }
		c.GoFunction = func(string, string, runner.Spec) runner.Function {
			if deleting { // the call has started
				deleting = false
				s.deleteFunction()
			}
			return nil
		}
		s = startService(t, "", c)
		s.functionID = s.createFunctionFrom(emptyZip)
		synctest.Wait()
		if f := s.listFunctions()[0]; f.Status != gen.FunctionStatusReady {
			t.Fatalf("the function is %s: %s", f.Status, *f.Error.Message)
		}
		deleting = true
		if err := s.startCall(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if left := s.listFunctions(); len(left) != 0 {
			t.Errorf("functions %v exist", left)
		}
		if deployed, closed := count.deployed.Load(), count.closed.Load(); deployed != 1 || closed != 1 {
			t.Errorf("deployed %d times and closed %d times, want once each", deployed, closed)
		}
		s.stop()
	})
}

func TestNewReturnsErrorOfRunner(t *testing.T) {
	t.Parallel()
	state, err := store.Open(store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := config(nil, service.Limits{})
	c.Store, c.RunnerAtOnce = state, true
	if _, err := service.New(c); !errors.Is(err, errNoRunner) {
		t.Errorf("error %v, want %v", err, errNoRunner)
	}
	if err := state.Close(); err != nil {
		t.Error(err)
	}
}
