package deploy_test

import (
	"errors"
	"testing"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// Somebody deploys the same code just before a request: their function serves, and keeps its code file.
func TestRival(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		request  string
		replaces bool
		want     error
	}{
		"create":            {"create function", false, functions.ErrDuplicated},
		"replace, trial":    {"create trial", true, deploy.ErrStale},
		"replace, deletion": {"delete function", true, functions.ErrDuplicated},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Options{})
			if test.replaces {
				w.deployed(greet("old", codeV1))
			}
			ours, theirs := w.plan(greet("new", codeV2)), w.plan(greet("new", codeV2))
			var winner *functions.Function
			w.gate.judge = func(_ int, name string) verdict {
				if name == test.request && winner == nil {
					winner = w.rival(theirs)
				}
				return pass
			}
			fn, err := deploy.Deploy(t.Context(), w.client, ours)
			e, ok := errors.AsType[*deploy.Error](err)
			if fn != nil || !ok || !errors.Is(err, test.want) || e.Serving != deploy.ServingUnknown {
				t.Fatalf("got %v, %v", fn, err)
			}
			if len(e.Files)+len(e.Functions) > 0 {
				t.Errorf("the error asks to delete what is in use: %v", err)
			}
			w.stands(winner)
		})
	}
}

// rival deploys changes, even while the trial of another deployment is there.
func (w *world) rival(changes *deploy.Changes) *functions.Function {
	w.t.Helper()
	for _, fn := range w.functions() {
		if *fn.ExternalID == "greet.cogfn-trial" { // as if it counted as left behind
			must(w.t, w.quiet.Delete(w.t.Context(), []functions.Identifier{fn.Identifier()}))
		}
	}
	return mustGet[*functions.Function](w.t)(deploy.Deploy(w.t.Context(), w.quiet, changes))
}

// stands checks that a function is the only one and has its code file.
func (w *world) stands(fn *functions.Function) {
	w.t.Helper()
	all := w.functions()
	if len(all) != 1 || all[0].ID != fn.ID || w.answer("greet") != `"new"` {
		w.t.Errorf("the other deployment's function does not serve: %v", all)
	}
	if !w.hasFile(functions.ID(fn.FileID)) {
		w.t.Error("the other deployment's code file is gone")
	}
}

// The other deployment is at its trial, with the code file that the loser uploaded.
func TestRivalAtTrial(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	old := w.deployed(greet("old", codeV1))
	var trial *functions.Function
	w.gate.judge = func(_ int, name string) verdict {
		if name == "create trial" {
			trial = mustGet[*functions.Function](t)(w.quiet.Create(t.Context(), functions.FunctionWrite{
				Name: "greet", ExternalID: new("greet.cogfn-trial"),
			}, functions.FileID(w.gate.files[0])))
		}
		return pass
	}
	_, err := deploy.Deploy(t.Context(), w.client, w.plan(greet("new", codeV2)))
	_ = wantError(t, err, deploy.StepTrial, deploy.ServingOld)
	if !errors.Is(err, deploy.ErrBusy) || !w.hasFile(functions.ID(trial.FileID)) || trial.FileID == old.FileID {
		t.Errorf("got %v; the trial's file is there: %v", err, w.hasFile(functions.ID(trial.FileID)))
	}
	if _, err := w.quiet.Retrieve(t.Context(), trial.Identifier()); err != nil {
		t.Errorf("the other deployment's trial: %v", err)
	}
}

// Somebody deletes the function during the trial: nothing serves, and the error says so.
func TestDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	s := replacing(t)
	_, err := deploy.Deploy(t.Context(), s.client, s.plan(greet("new", codeV2)), deploy.WithProgress(func(e deploy.Event) {
		if e.Step == deploy.StepRead {
			must(t, s.quiet.Delete(t.Context(), []functions.Identifier{s.old.Identifier()}))
		}
	}))
	e, ok := errors.AsType[*deploy.Error](err)
	if !ok || !errors.Is(err, deploy.ErrStale) || e.Serving != deploy.ServingNothing || len(s.functions()) > 0 {
		t.Errorf("got %v", err)
	}
	if s.hasFile(functions.ID(s.gate.files[0])) {
		t.Error("the code file is left behind")
	}
}
