package deploy_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

// The context ends at the start of each step.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		step    deploy.Step
		failed  deploy.Step // "" if the deployment succeeds
		serving deploy.Serving
	}{
		{deploy.StepUpload, deploy.StepUpload, deploy.ServingOld},
		{deploy.StepTrial, deploy.StepTrial, deploy.ServingOld},
		{deploy.StepRead, deploy.StepRead, deploy.ServingOld},
		{deploy.StepDelete, deploy.StepDelete, deploy.ServingOld},
		{deploy.StepCreate, deploy.StepBuild, deploy.ServingBuilding},
		{deploy.StepBuild, deploy.StepBuild, deploy.ServingBuilding},
		{deploy.StepSchedules, "", deploy.ServingNew},
		{deploy.StepCleanUp, "", deploy.ServingNew},
	} {
		t.Run(string(test.step), func(t *testing.T) {
			t.Parallel()
			s := replaceScenario(t)
			next := greetSpec("new", codeV2)
			next.KeepFiles = 1
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			fn, err := deploy.Deploy(ctx, s.Client, s.plan(next), deploy.WithProgress(func(e deploy.Event) {
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
				t.Errorf("got the error %v, want context.Canceled", err)
			}
		})
	}
}

// The context ends between two steps, where no request fails.
func TestContextEndsBetweenSteps(t *testing.T) {
	t.Parallel()
	t.Run("create", func(t *testing.T) {
		t.Parallel()
		p := startProject(t, emulator.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		p.Faults.Edit = func(name string, body []byte) []byte {
			if name == "read file" && bytes.Contains(body, []byte(`"uploaded":true`)) {
				cancel()
			}
			return body
		}
		_, err := p.deployFunc(p.plan(greetSpec("new", codeV1)))(ctx)
		_ = wantError(t, err, deploy.StepCreate, deploy.ServingNothing)
		if !errors.Is(err, context.Canceled) || p.HasFile(functions.ID(p.Faults.Files[0])) || len(p.Functions()) > 0 {
			t.Errorf("got the error %v, want context.Canceled, no file and no function", err)
		}
	})
	t.Run("trial", func(t *testing.T) {
		t.Parallel()
		s := replaceScenario(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.Faults.Edit = func(name string, body []byte) []byte {
			if name == "read function" && bytes.Contains(body, []byte("missing")) { // the lookup of another trial
				cancel()
			}
			return body
		}
		fn, err := s.run(ctx)
		_ = wantError(t, err, deploy.StepTrial, deploy.ServingOld)
		s.verify(fn, err)
		if !errors.Is(err, context.Canceled) || slices.Contains(s.Faults.Requests, "create trial") {
			t.Errorf("got the error %v after %v, want context.Canceled and no trial", err, s.Faults.Requests)
		}
	})
}

// A plan that finds nothing to change waits for a build that an earlier deployment did not wait for.
func TestDeployNothing(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{Deployments: emulator.After(50 * time.Millisecond)})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	fn, err := deploy.Deploy(ctx, p.Client, p.plan(greetSpec("new", codeV1)), deploy.WithProgress(func(e deploy.Event) {
		if e.Step == deploy.StepBuild {
			cancel()
		}
	}))
	_ = wantError(t, err, deploy.StepBuild, deploy.ServingBuilding)
	changes := p.plan(greetSpec("new", codeV1))
	if changes.Action != deploy.Nothing || fn == nil {
		t.Fatalf("the plan is %v, want nothing; the function is %v", changes, fn)
	}
	ready := faults.Must[*functions.Function](t)(deploy.Deploy(t.Context(), p.Client, changes))
	if ready.ID != fn.ID || ready.Status != functions.FunctionReady {
		t.Errorf("function %d is %s, want function %d to be Ready", ready.ID, ready.Status, fn.ID)
	}
}
