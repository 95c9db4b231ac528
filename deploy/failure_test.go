package deploy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// scenario is something that can fail at each of its requests.
type scenario struct {
	*world

	old *functions.Function // nil if nothing is deployed before
	// do runs it with the client that is disturbed.
	do func(context.Context) (*functions.Function, error)
	// oldAnswer and newAnswer are what the function returns before and after.
	oldAnswer, newAnswer string
	schedules            []string
}

// scenarios make what TestEveryRequestFails disturbs, each in a world of its own.
var scenarios = map[string]func(t *testing.T) *scenario{
	"create": func(t *testing.T) *scenario {
		t.Helper()
		w := newWorld(t, emulator.Options{})
		return &scenario{world: w, do: w.deploying(w.plan(greet("new", codeV2))), newAnswer: `"new"`}
	},
	"replace": replacing,
	"restore": func(t *testing.T) *scenario {
		t.Helper()
		s := replacing(t)
		s.gate.edit = failedBuild
		return s
	},
	"rollback": func(t *testing.T) *scenario {
		t.Helper()
		s := replacing(t)
		s.newAnswer = s.oldAnswer // settings stay as they are
		must(t, s.quiet.Delete(t.Context(), []functions.Identifier{s.old.Identifier()}))
		s.deployed(greet("older", codeV0))
		s.begin()
		s.do = func(ctx context.Context) (*functions.Function, error) {
			return deploy.Rollback(ctx, s.client, "greet", deploy.Target{
				Secrets: map[string]functions.Secret{"password": plantedSecret}, SecretsKey: plantedKey,
			})
		}
		return s
	},
}

// replacing is about a function with two schedules.
func replacing(t *testing.T) *scenario {
	t.Helper()
	w := newWorld(t, emulator.Options{})
	s := &scenario{
		world: w, oldAnswer: `"old"`, newAnswer: `"new"`,
		schedules: []string{`nightly|0 0 29 2 *|{"n":1}|about nightly`, `weekly|0 0 29 2 *|{"n":2}|about weekly`},
	}
	s.begin()
	next := greet("new", codeV2)
	next.KeepFiles = 1 // so that the old file becomes superfluous
	s.do = w.deploying(w.plan(next))
	return s
}

// begin deploys the old function and gives it its schedules.
func (w *scenario) begin() {
	w.t.Helper()
	w.old = w.deployed(greet("old", codeV1))
	w.scheduled(w.old, "nightly", `{"n":1}`)
	w.scheduled(w.old, "weekly", `{"n":2}`)
}

func (w *world) deploying(changes *deploy.Changes) func(context.Context) (*functions.Function, error) {
	return func(ctx context.Context) (*functions.Function, error) { return deploy.Deploy(ctx, w.client, changes) }
}

// failedBuild makes the new function, not its trial, look as if its build had failed.
func failedBuild(name string, body []byte) []byte {
	if name == "read function" && bytes.Contains(body, []byte(`"externalId":"greet"`)) && bytes.Contains(body, []byte(`"VERSION":"new"`)) {
		return bytes.Replace(body, []byte(`"status":"Ready"`), []byte(`"status":"Failed","error":{"message":"no space","trace":"the trace"}`), 1)
	}
	return body
}

// verify holds the state of things against what Deploy returned: nothing is lost or left behind that the error does not
// name.
func (w *scenario) verify(got *functions.Function, err error) {
	w.t.Helper()
	e, ok := errors.AsType[*deploy.Error](err)
	if err == nil {
		e = &deploy.Error{Serving: deploy.ServingNew}
	} else if !ok {
		e = &deploy.Error{Serving: deploy.ServingNothing} // failed before anything was done
		if w.old != nil {
			e.Serving = deploy.ServingOld
		}
	}
	if err != nil && (strings.Contains(err.Error(), plantedSecret) || strings.Contains(err.Error(), string(plantedKey))) {
		w.t.Errorf("the error holds a secret: %v", err)
	}
	w.verifyServing(got, e)
	versions := []deploy.Version{}
	for _, fn := range w.functions() {
		if *fn.ExternalID == "greet" {
			versions = deploy.Versions(fn)
		} else if !named(e.Functions, fn.ID, *fn.ExternalID) {
			w.t.Errorf("the function %s is left behind, and the error does not say so", *fn.ExternalID)
		}
	}
	for _, id := range w.gate.files {
		known := slices.ContainsFunc(versions, func(v deploy.Version) bool { return v.FileID == id })
		file, lookup := w.quiet.Files.Retrieve(w.t.Context(), functions.ID(id))
		if !known && lookup == nil && !named(e.Files, id, *file.ExternalID) {
			w.t.Errorf("the file %d is left behind, and the error does not say so", id)
		}
	}
	if e.Serving != deploy.ServingUnknown && e.Serving != deploy.ServingNothing {
		for _, v := range versions {
			if !w.hasFile(functions.ID(v.FileID)) {
				w.t.Errorf("the file %d is noted and gone", v.FileID)
			}
		}
	}
	var schedules []string
	if e.Serving != deploy.ServingNothing {
		schedules = w.schedulesOf(functions.ExternalID("greet"))
	}
	for _, s := range e.Schedules {
		text := fmt.Sprintf("%s|%s|%s|%s", s.Name, s.CronExpression, s.Data, s.Description)
		if !slices.Contains(schedules, text) { // one whose answer was lost may be there
			schedules = append(schedules, text)
		}
	}
	slices.Sort(schedules)
	if diff := cmp.Diff(w.schedules, schedules); diff != "" {
		w.t.Errorf("schedules that run or are named (-want +got):\n%s", diff)
	}
}

func (w *scenario) verifyServing(got *functions.Function, e *deploy.Error) {
	w.t.Helper()
	ctx := w.t.Context()
	current, err := w.quiet.Retrieve(ctx, functions.ExternalID("greet"))
	if err == nil && current.Status != functions.FunctionFailed {
		_, err = current.WaitReady(ctx)
	}
	answer := ""
	if err == nil {
		answer = w.answer("greet")
	}
	switch e.Serving {
	case deploy.ServingOld:
		if answer != w.oldAnswer || current.ID != w.old.ID {
			w.t.Errorf("the old function should serve; the answer is %s", answer)
		}
	case deploy.ServingRestored, deploy.ServingRestoring:
		if answer != w.oldAnswer || current.ID == w.old.ID {
			w.t.Errorf("the old function should serve again; the answer is %s", answer)
		}
	case deploy.ServingNew, deploy.ServingUnfinished:
		if answer != w.newAnswer || got == nil || got.ID != current.ID {
			w.t.Errorf("the new function should serve; the answer is %s, the function returned %v", answer, got)
		}
	case deploy.ServingNothing:
		if answer != "" && !named(e.Functions, current.ID, "greet") {
			w.t.Errorf("nothing should serve; the answer is %s", answer)
		}
	case deploy.ServingUnknown:
	default:
		w.t.Errorf("serving %q", e.Serving)
	}
}

func named(ids []functions.Identifier, id int64, externalID string) bool {
	return slices.Contains(ids, functions.ID(id)) || slices.Contains(ids, functions.ExternalID(externalID))
}

// mend does what the error asks for, and then deploys again, which must succeed.
func (w *scenario) mend(err error) {
	w.t.Helper()
	ctx := w.t.Context()
	e, ok := errors.AsType[*deploy.Error](err)
	if !ok {
		e = &deploy.Error{}
	}
	for _, id := range e.Functions {
		if err := w.quiet.Delete(ctx, []functions.Identifier{id}, true); err != nil {
			w.t.Error(err)
		}
	}
	for _, id := range e.Files {
		if err := w.quiet.Files.Delete(ctx, id); err != nil && !errors.Is(err, functions.ErrNotFound) {
			w.t.Error(err)
		}
	}
	fn := w.deployed(greet("new", codeV2))
	for _, s := range e.Schedules {
		mustGet[*functions.Schedule](w.t)(deploy.ResumeSchedule(ctx, w.quiet, s))
	}
	w.newAnswer = `"new"`
	w.verify(fn, nil)
}

func reads(name string) bool {
	return strings.HasPrefix(name, "read") || strings.HasPrefix(name, "list")
}

// TestEveryRequestFails disturbs each request in turn, in each way, and everything from each request on. Whatever happens,
// the error tells the state of things, and doing what it says leads to success.
func TestEveryRequestFails(t *testing.T) {
	t.Parallel()
	for what, prepare := range scenarios {
		s := prepare(t)
		fn, err := s.do(t.Context())
		s.verify(fn, err)
		total := len(s.gate.names)
		t.Logf("%s: %d requests: %s: %v", what, total, strings.Join(s.gate.names, ", "), err)
		for mode, v := range map[string]verdict{"refused": refuse, "lost": lose, "cut": cut, "down": cut} {
			for n := 1; n <= total; n++ {
				if reads(s.gate.names[n-1]) && (mode == "refused" || mode == "lost") {
					continue // the same as cut
				}
				t.Run(fmt.Sprintf("%s/%s/%d", what, mode, n), func(t *testing.T) {
					t.Parallel()
					s := prepare(t)
					s.gate.judge = func(i int, _ string) verdict {
						if i == n || mode == "down" && i > n {
							return v
						}
						return pass
					}
					fn, err := s.do(t.Context())
					t.Logf("%s: %v", s.gate.names[min(n, len(s.gate.names))-1], err)
					s.verify(fn, err)
					s.mend(err)
				})
			}
		}
	}
}
