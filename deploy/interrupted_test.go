package deploy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// The context ends at the beginning of each step in turn.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		step    deploy.Step
		nth     int
		failed  deploy.Step
		serving deploy.Serving
	}{
		{deploy.StepUpload, 1, deploy.StepUpload, deploy.ServingOld},
		{deploy.StepTrial, 1, deploy.StepTrial, deploy.ServingOld},
		{deploy.StepRead, 1, deploy.StepRead, deploy.ServingOld},
		{deploy.StepDelete, 1, deploy.StepDelete, deploy.ServingOld},
		{deploy.StepCreate, 1, deploy.StepBuild, deploy.ServingUnfinished},
		{deploy.StepBuild, 1, deploy.StepBuild, deploy.ServingUnfinished},
		{deploy.StepSchedules, 1, "", deploy.ServingNew},
		{deploy.StepCleanUp, 1, "", deploy.ServingNew},
	} {
		t.Run(string(test.step), func(t *testing.T) {
			t.Parallel()
			s := replacing(t)
			next := greet("new", codeV2)
			next.KeepFiles = 1
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			fn, err := deploy.Deploy(ctx, s.client, s.plan(next), deploy.WithProgress(func(e deploy.Event) {
				if e.Step == test.step {
					cancel()
				}
			}))
			s.verify(fn, err)
			if test.failed == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			_ = wantError(t, err, test.failed, test.serving)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the error %v does not wrap the context's", err)
			}
		})
	}
}

func TestBusyAndStale(t *testing.T) {
	t.Parallel()
	s := replacing(t)
	ctx := t.Context()
	trial := mustGet[*functions.Function](t)(s.quiet.Create(ctx,
		functions.FunctionWrite{Name: "greet", ExternalID: new("greet.cogfn-trial")}, functions.FileID(s.old.FileID)))
	fn, err := s.do(ctx)
	_ = wantError(t, err, deploy.StepTrial, deploy.ServingOld)
	if fn != nil || !errors.Is(err, deploy.ErrBusy) || !strings.Contains(err.Error(), "greet.cogfn-trial") {
		t.Errorf("got %v", err)
	}
	if _, err := s.quiet.Retrieve(ctx, trial.Identifier()); err != nil {
		t.Errorf("the other deployment's trial: %v", err)
	}
	// Two hours later the trial counts as left behind.
	s.gate.edit = func(name string, body []byte) []byte {
		if name == "read function" && bytes.Contains(body, []byte(`greet.cogfn-trial`)) {
			return fmt.Appendf(nil, "%s", regexp.MustCompile(`"createdTime":\d+`).ReplaceAll(body,
				fmt.Appendf(nil, `"createdTime":%d`, time.Now().Add(-2*time.Hour).UnixMilli())))
		}
		return body
	}
	fn, err = s.do(ctx)
	s.verify(fn, err)
	if err != nil {
		t.Error(err)
	}
	if _, err = s.do(ctx); !errors.Is(err, deploy.ErrStale) {
		t.Errorf("the plan was carried out twice: %v", err)
	}
}

// The context ends between two steps, when no request notices.
func TestContextEndsBetweenSteps(t *testing.T) {
	t.Parallel()
	t.Run("create", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, emulator.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		w.gate.edit = func(name string, body []byte) []byte {
			if name == "read file" && bytes.Contains(body, []byte(`"uploaded":true`)) {
				cancel()
			}
			return body
		}
		_, err := w.deploying(w.plan(greet("new", codeV1)))(ctx)
		_ = wantError(t, err, deploy.StepCreate, deploy.ServingNothing)
		if !errors.Is(err, context.Canceled) || w.hasFile(functions.ID(w.gate.files[0])) || len(w.functions()) > 0 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("trial", func(t *testing.T) {
		t.Parallel()
		s := replacing(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.gate.edit = func(name string, body []byte) []byte {
			if name == "read function" && bytes.Contains(body, []byte("missing")) { // no other deployment is under way
				cancel()
			}
			return body
		}
		fn, err := s.do(ctx)
		_ = wantError(t, err, deploy.StepTrial, deploy.ServingOld)
		s.verify(fn, err)
		if !errors.Is(err, context.Canceled) || slices.Contains(s.gate.names, "create trial") {
			t.Errorf("got %v after %v", err, s.gate.names)
		}
	})
}

// theirs puts somebody else's function under the external id and waits until it can be called.
func (w *scenario) theirs() {
	w.t.Helper()
	fn := mustGet[*functions.Function](w.t)(w.quiet.Create(w.t.Context(), functions.FunctionWrite{
		Name: "greet", ExternalID: new("greet"), EnvVars: map[string]string{"VERSION": "theirs"},
	}, functions.FileID(w.old.FileID)))
	mustGet[*functions.Function](w.t)(fn.WaitReady(w.t.Context()))
}

// Somebody deploys between the first look and the deletion.
func TestStaleWithinDeploy(t *testing.T) {
	t.Parallel()
	s := replacing(t)
	_, err := deploy.Deploy(t.Context(), s.client, s.plan(greet("new", codeV2)), deploy.WithProgress(func(e deploy.Event) {
		if e.Step == deploy.StepRead {
			must(t, s.quiet.Delete(t.Context(), []functions.Identifier{s.old.Identifier()}))
			s.theirs()
		}
	}))
	e, ok := errors.AsType[*deploy.Error](err)
	if !ok || e.Serving != deploy.ServingUnknown || !errors.Is(err, deploy.ErrStale) || s.answer("greet") != `"theirs"` || len(s.functions()) != 1 {
		t.Errorf("got %v, the answer is %s", err, s.answer("greet"))
	}
}

// Somebody creates a function between deletion and creation: it is left alone.
func TestTakenMeanwhile(t *testing.T) {
	t.Parallel()
	s := replacing(t)
	_, err := deploy.Deploy(t.Context(), s.client, s.plan(greet("new", codeV2)), deploy.WithProgress(func(e deploy.Event) {
		if e.Step == deploy.StepCreate && e.Text == "creating greet" && s.answer("greet") == "" {
			s.theirs()
		}
	}))
	e := wantError(t, err, deploy.StepCreate, deploy.ServingUnknown)
	if len(e.Schedules) != 2 || s.answer("greet") != `"theirs"` || len(s.functions()) != 1 {
		t.Errorf("got %v, the answer is %s", err, s.answer("greet"))
	}
}

func TestDeployNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{DeployDelay: 50 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	fn, err := deploy.Deploy(ctx, w.client, w.plan(greet("new", codeV1)), deploy.WithProgress(func(e deploy.Event) {
		if e.Step == deploy.StepBuild {
			cancel()
		}
	}))
	_ = wantError(t, err, deploy.StepBuild, deploy.ServingUnfinished)
	changes := w.plan(greet("new", codeV1))
	if changes.Action != deploy.Nothing || fn == nil {
		t.Fatalf("the plan is %v", changes)
	}
	ready := mustGet[*functions.Function](t)(deploy.Deploy(t.Context(), w.client, changes))
	if ready.ID != fn.ID || ready.Status != functions.FunctionReady {
		t.Errorf("function %d is %s", ready.ID, ready.Status)
	}
}
