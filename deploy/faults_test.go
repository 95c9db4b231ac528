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
	"github.com/cogfn/cogfn/schedule"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

// scenario is a deployment or rollback in which each request can fail.
type scenario struct {
	*project

	old *functions.Function // nil if nothing is deployed before
	// run deploys or rolls back with faults.
	run func(context.Context) (*functions.Function, error)
	// oldResponse and newResponse are the responses of the old and the new function.
	oldResponse, newResponse string
	schedules                []string
}

// scenarios create the scenarios of TestEveryRequestFails, each with its own project.
var scenarios = map[string]func(t *testing.T) *scenario{
	"create": func(t *testing.T) *scenario {
		t.Helper()
		p := startProject(t, emulator.Options{})
		return &scenario{project: p, run: p.deployFunc(p.plan(greetSpec("new", codeV2))), newResponse: `"new"`}
	},
	"replace": replaceScenario,
	"restore": func(t *testing.T) *scenario {
		t.Helper()
		s := replaceScenario(t)
		s.Faults.Edit = failNewBuild
		return s
	},
	"rollback": func(t *testing.T) *scenario {
		t.Helper()
		s := replaceScenario(t)
		s.newResponse = s.oldResponse // a rollback keeps the settings
		faults.NoError(t, s.Direct.Delete(t.Context(), []functions.Identifier{s.old.Identifier()}))
		s.deploy(greetSpec("older", codeV0))
		s.deployOld()
		s.run = func(ctx context.Context) (*functions.Function, error) {
			return deploy.Rollback(ctx, s.Client, "greet", deploy.Target{
				Secrets: map[string]functions.Secret{"password": testSecret}, SecretsKey: testKey,
			})
		}
		return s
	},
}

// replaceScenario replaces a function with two schedules.
func replaceScenario(t *testing.T) *scenario {
	t.Helper()
	p := startProject(t, emulator.Options{})
	s := &scenario{
		project: p, oldResponse: `"old"`, newResponse: `"new"`,
		schedules: []string{`nightly|0 0 29 2 *|{"n":1}|about nightly`, `weekly|0 0 29 2 *|{"n":2}|about weekly`},
	}
	s.deployOld()
	next := greetSpec("new", codeV2)
	next.KeepFiles = 1 // so that the old file is deleted
	s.run = p.deployFunc(p.plan(next))
	return s
}

// deployOld deploys the old function and its schedules.
func (s *scenario) deployOld() {
	s.T.Helper()
	s.old = s.deploy(greetSpec("old", codeV1))
	s.createSchedule(s.old, "nightly", `{"n":1}`)
	s.createSchedule(s.old, "weekly", `{"n":2}`)
}

// failNewBuild edits responses so that the build of the new function fails, but not the build of its trial.
func failNewBuild(name string, body []byte) []byte {
	if name == "read function" && bytes.Contains(body, []byte(`"externalId":"greet"`)) && bytes.Contains(body, []byte(`"VERSION":"new"`)) {
		return bytes.Replace(body, []byte(`"status":"Ready"`), []byte(`"status":"Failed","error":{"message":"no space","trace":"the trace"}`), 1)
	}
	return body
}

// verify compares the project with the results of Deploy or Rollback: the error must list everything that is lost or left
// behind.
func (s *scenario) verify(got *functions.Function, err error) {
	s.T.Helper()
	e, ok := errors.AsType[*deploy.Error](err)
	if err == nil {
		e = &deploy.Error{Serving: deploy.ServingNew}
	} else if !ok {
		e = &deploy.Error{Serving: deploy.ServingNothing} // failed before the first change
		if s.old != nil {
			e.Serving = deploy.ServingOld
		}
	}
	if err != nil && (strings.Contains(err.Error(), testSecret) || strings.Contains(err.Error(), string(testKey))) {
		s.T.Errorf("the error contains a secret: %v", err)
	}
	s.verifyServing(got, e)
	s.verifyFiles(e)
	var schedules []string
	if e.Serving != deploy.ServingNothing {
		schedules = s.describeSchedules(functions.ExternalID("greet"))
	}
	for _, saved := range e.Schedules {
		text := fmt.Sprintf("%s|%s|%s|%s", saved.Name, saved.CronExpression, saved.Data, saved.Description)
		if !slices.Contains(schedules, text) { // a schedule whose response was lost may exist
			schedules = append(schedules, text)
		}
	}
	slices.Sort(schedules)
	if diff := cmp.Diff(s.schedules, schedules); diff != "" {
		s.T.Errorf("schedules that exist or are in the error (-want +got):\n%s", diff)
	}
}

// verifyFiles checks that the error lists all functions and files that are left behind.
func (s *scenario) verifyFiles(e *deploy.Error) {
	s.T.Helper()
	versions := []deploy.Version{}
	for _, fn := range s.Functions() {
		if *fn.ExternalID == "greet" {
			versions = deploy.Versions(fn)
		} else if !listed(e.Functions, fn.ID, *fn.ExternalID) {
			s.T.Errorf("the function %s is left behind, but the error does not list it", *fn.ExternalID)
		}
	}
	for _, id := range s.Faults.Files {
		known := slices.ContainsFunc(versions, func(v deploy.Version) bool { return v.FileID == id })
		file, lookupErr := s.Direct.Files.Retrieve(s.T.Context(), functions.ID(id))
		if !known && lookupErr == nil && !listed(e.Files, id, *file.ExternalID) {
			s.T.Errorf("the file %d is left behind, but the error does not list it", id)
		}
	}
	if e.Serving != deploy.ServingUnknown && e.Serving != deploy.ServingNothing {
		for _, v := range versions {
			if !s.HasFile(functions.ID(v.FileID)) {
				s.T.Errorf("the file %d is recorded, but does not exist", v.FileID)
			}
		}
	}
}

func (s *scenario) verifyServing(got *functions.Function, e *deploy.Error) {
	s.T.Helper()
	ctx := s.T.Context()
	current, err := s.Direct.Retrieve(ctx, functions.ExternalID("greet"))
	if err == nil && current.Status != functions.FunctionFailed {
		_, err = current.WaitReady(ctx)
	}
	response := ""
	if err == nil {
		response = s.call("greet")
	}
	switch e.Serving {
	case deploy.ServingOld:
		if response != s.oldResponse || current.ID != s.old.ID {
			s.T.Errorf("the response is %q, want that of the old function", response)
		}
	case deploy.ServingRestored, deploy.ServingRestoring:
		if response != s.oldResponse || current.ID == s.old.ID {
			s.T.Errorf("the response is %q, want that of the restored function", response)
		}
	case deploy.ServingNew, deploy.ServingBuilding:
		if response != s.newResponse || got == nil || got.ID != current.ID {
			s.T.Errorf("the response is %q and the returned function is %v, want the new function", response, got)
		}
	case deploy.ServingNothing:
		if response != "" && !listed(e.Functions, current.ID, "greet") {
			s.T.Errorf("the response is %q, want none", response)
		}
	case deploy.ServingUnknown:
	default:
		s.T.Errorf("the error has the unknown value %q of Serving", e.Serving)
	}
}

func listed(ids []functions.Identifier, id int64, externalID string) bool {
	return slices.Contains(ids, functions.ID(id)) || slices.Contains(ids, functions.ExternalID(externalID))
}

// repair deletes and creates what the error lists and deploys again, which must succeed.
func (s *scenario) repair(err error) {
	s.T.Helper()
	ctx := s.T.Context()
	e, ok := errors.AsType[*deploy.Error](err)
	if !ok {
		e = &deploy.Error{}
	}
	for _, id := range e.Functions {
		if err := s.Direct.Delete(ctx, []functions.Identifier{id}, functions.IgnoreUnknown()); err != nil {
			s.T.Error(err)
		}
	}
	for _, id := range e.Files {
		if err := s.Direct.Files.Delete(ctx, []functions.Identifier{id}); err != nil && !errors.Is(err, functions.ErrNotFound) {
			s.T.Error(err)
		}
	}
	fn := s.deploy(greetSpec("new", codeV2))
	for _, saved := range e.Schedules {
		faults.Must[*functions.Schedule](s.T)(schedule.Resume(ctx, s.Direct, saved))
	}
	s.newResponse = `"new"`
	s.verify(fn, nil)
}

func isRead(name string) bool {
	return strings.HasPrefix(name, "read") || strings.HasPrefix(name, "list")
}

// TestEveryRequestFails causes each fault in each request, and in all requests from each request on. The error must
// describe the state, and following it must lead to success.
func TestEveryRequestFails(t *testing.T) {
	t.Parallel()
	for name, prepare := range scenarios {
		s := prepare(t)
		fn, err := s.run(t.Context())
		s.verify(fn, err)
		total := len(s.Faults.Requests)
		t.Logf("%s: %d requests: %s: %v", name, total, strings.Join(s.Faults.Requests, ", "), err)
		for mode, fault := range map[string]faults.Fault{"rejected": faults.Reject, "lost": faults.Lose, "cut": faults.Cut, "all cut": faults.Cut} {
			for n := 1; n <= total; n++ {
				if isRead(s.Faults.Requests[n-1]) && (mode == "rejected" || mode == "lost") {
					continue // equivalent to cut
				}
				t.Run(fmt.Sprintf("%s/%s/%d", name, mode, n), func(t *testing.T) {
					t.Parallel()
					s := prepare(t)
					s.Faults.Decide = func(i int, _ string) faults.Fault {
						if i == n || mode == "all cut" && i > n {
							return fault
						}
						return faults.None
					}
					fn, err := s.run(t.Context())
					t.Logf("%s: %v", s.Faults.Requests[min(n, len(s.Faults.Requests))-1], err)
					s.verify(fn, err)
					s.repair(err)
				})
			}
		}
	}
}
