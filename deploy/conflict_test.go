package deploy_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

// Another process deploys the same code right before a request. Its function and code file must remain.
func TestConflict(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		request  string
		replaces bool
		want     error
	}{
		"create":            {"create function", false, functions.ErrDuplicated},
		"replace, trial":    {"create trial", true, deploy.ErrStale},
		"replace, deletion": {"delete function", true, functions.ErrDuplicated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProject(t, emulator.Options{})
			if test.replaces {
				p.deploy(greetSpec("old", codeV1))
			}
			changes, otherChanges := p.plan(greetSpec("new", codeV2)), p.plan(greetSpec("new", codeV2))
			var other *functions.Function
			p.Faults.Decide = func(_ int, name string) faults.Fault {
				if name == test.request && other == nil {
					other = p.deployOther(otherChanges)
				}
				return faults.None
			}
			fn, err := deploy.Deploy(t.Context(), p.Client, changes)
			e, ok := errors.AsType[*deploy.Error](err)
			if fn != nil || !ok || !errors.Is(err, test.want) || e.Serving != deploy.ServingUnknown {
				t.Fatalf("got %v, %v, want the error %v and serving unknown", fn, err, test.want)
			}
			if len(e.Files)+len(e.Functions) > 0 {
				t.Errorf("the error lists functions or files of the other deployment: %v", err)
			}
			p.wantOnly(other)
		})
	}
}

// deployOther deploys changes like another process, even while a trial exists.
func (p *project) deployOther(changes *deploy.Changes) *functions.Function {
	p.T.Helper()
	for _, fn := range p.Functions() {
		if *fn.ExternalID == "greet.cogfn-trial" { // as if it were stale
			faults.NoError(p.T, p.Direct.Delete(p.T.Context(), []functions.Identifier{fn.Identifier()}))
		}
	}
	return faults.Must[*functions.Function](p.T)(deploy.Deploy(p.T.Context(), p.Direct, changes))
}

// wantOnly checks that a function is the only one and has its code file.
func (p *project) wantOnly(fn *functions.Function) {
	p.T.Helper()
	all := p.Functions()
	if len(all) != 1 || all[0].ID != fn.ID || p.call("greet") != `"new"` {
		p.T.Errorf("the functions are %v, want only %d", all.IDs(), fn.ID)
	}
	if !p.HasFile(functions.ID(fn.FileID)) {
		p.T.Errorf("the code file %d of the other deployment does not exist", fn.FileID)
	}
}

// Another deployment has a trial with the code file that this deployment uploaded.
func TestConflictWithTrial(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	old := p.deploy(greetSpec("old", codeV1))
	var trial *functions.Function
	p.Faults.Decide = func(_ int, name string) faults.Fault {
		if name == "create trial" {
			trial = faults.Must[*functions.Function](t)(p.Direct.Create(t.Context(), functions.FunctionWrite{
				Name: "greet", ExternalID: new("greet.cogfn-trial"),
			}, functions.FileID(p.Faults.Files[0])))
		}
		return faults.None
	}
	_, err := deploy.Deploy(t.Context(), p.Client, p.plan(greetSpec("new", codeV2)))
	_ = wantError(t, err, deploy.StepTrial, deploy.ServingOld)
	if !errors.Is(err, deploy.ErrBusy) || !p.HasFile(functions.ID(trial.FileID)) || trial.FileID == old.FileID {
		t.Errorf("got the error %v, want ErrBusy; the trial's file exists: %t, want true", err, p.HasFile(functions.ID(trial.FileID)))
	}
	if _, err := p.Direct.Retrieve(t.Context(), trial.Identifier()); err != nil {
		t.Errorf("the trial of the other deployment: %v", err)
	}
}

// A recent trial causes ErrBusy. A trial that is two hours old is deleted. A plan that was carried out is stale.
func TestBusyAndStale(t *testing.T) {
	t.Parallel()
	s := replaceScenario(t)
	ctx := t.Context()
	trial := faults.Must[*functions.Function](t)(s.Direct.Create(ctx,
		functions.FunctionWrite{Name: "greet", ExternalID: new("greet.cogfn-trial")}, functions.FileID(s.old.FileID)))
	fn, err := s.run(ctx)
	_ = wantError(t, err, deploy.StepTrial, deploy.ServingOld)
	if fn != nil || !errors.Is(err, deploy.ErrBusy) {
		t.Errorf("got %v, %v, want ErrBusy", fn, err)
	}
	if _, err := s.Direct.Retrieve(ctx, trial.Identifier()); err != nil {
		t.Errorf("the trial of the other deployment: %v", err)
	}
	createdTime := regexp.MustCompile(`"createdTime":\d+`)
	s.Faults.Edit = func(name string, body []byte) []byte {
		if name == "read function" && bytes.Contains(body, []byte(`greet.cogfn-trial`)) {
			return createdTime.ReplaceAll(body, fmt.Appendf(nil, `"createdTime":%d`, time.Now().Add(-2*time.Hour).UnixMilli()))
		}
		return body
	}
	fn, err = s.run(ctx)
	s.verify(fn, err)
	if err != nil {
		t.Errorf("with a trial that is two hours old: %v", err)
	}
	if _, err = s.run(ctx); !errors.Is(err, deploy.ErrStale) {
		t.Errorf("a second Deploy of the same plan: got %v, want ErrStale", err)
	}
}

// createOther creates a function of another process with the external id of the old one and waits until it is Ready.
func (s *scenario) createOther() {
	s.T.Helper()
	fn := faults.Must[*functions.Function](s.T)(s.Direct.Create(s.T.Context(), functions.FunctionWrite{
		Name: "greet", ExternalID: new("greet"), EnvVars: map[string]string{"VERSION": "other"},
	}, functions.FileID(s.old.FileID)))
	faults.Must[*functions.Function](s.T)(fn.WaitReady(s.T.Context()))
}

// Another process replaces the function during the trial.
func TestReplacedDuringTrial(t *testing.T) {
	t.Parallel()
	s := replaceScenario(t)
	_, err := deploy.Deploy(t.Context(), s.Client, s.plan(greetSpec("new", codeV2)), deploy.WithProgress(func(e deploy.Event) {
		if e.Step == deploy.StepRead {
			faults.NoError(t, s.Direct.Delete(t.Context(), []functions.Identifier{s.old.Identifier()}))
			s.createOther()
		}
	}))
	e, ok := errors.AsType[*deploy.Error](err)
	if !ok || e.Serving != deploy.ServingUnknown || !errors.Is(err, deploy.ErrStale) {
		t.Errorf("got the error %v, want ErrStale and serving unknown", err)
	}
	if response := s.call("greet"); response != `"other"` || len(s.Functions()) != 1 {
		t.Errorf("the response is %s, want that of the other function; %d functions exist, want 1", response, len(s.Functions()))
	}
}

// Another process deletes the function during the trial.
func TestDeletedDuringTrial(t *testing.T) {
	t.Parallel()
	s := replaceScenario(t)
	_, err := deploy.Deploy(t.Context(), s.Client, s.plan(greetSpec("new", codeV2)), deploy.WithProgress(func(e deploy.Event) {
		if e.Step == deploy.StepRead {
			faults.NoError(t, s.Direct.Delete(t.Context(), []functions.Identifier{s.old.Identifier()}))
		}
	}))
	e, ok := errors.AsType[*deploy.Error](err)
	if !ok || !errors.Is(err, deploy.ErrStale) || e.Serving != deploy.ServingNothing || len(s.Functions()) > 0 {
		t.Errorf("got the error %v, want ErrStale and serving nothing; %d functions exist, want 0", err, len(s.Functions()))
	}
	if s.HasFile(functions.ID(s.Faults.Files[0])) {
		t.Error("the code file was not deleted")
	}
}

// Another process creates a function between deletion and creation. It must remain.
func TestExternalIDTakenAfterDeletion(t *testing.T) {
	t.Parallel()
	s := replaceScenario(t)
	_, err := deploy.Deploy(t.Context(), s.Client, s.plan(greetSpec("new", codeV2)), deploy.WithProgress(func(e deploy.Event) {
		if e.Step == deploy.StepCreate && e.Text == "creating greet" && s.call("greet") == "" {
			s.createOther()
		}
	}))
	e := wantError(t, err, deploy.StepCreate, deploy.ServingUnknown)
	if len(e.Schedules) != 2 {
		t.Errorf("the error lists %d schedules, want 2: %v", len(e.Schedules), err)
	}
	if response := s.call("greet"); response != `"other"` || len(s.Functions()) != 1 {
		t.Errorf("the response is %s, want that of the other function; %d functions exist, want 1", response, len(s.Functions()))
	}
}
