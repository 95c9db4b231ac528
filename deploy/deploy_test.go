package deploy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
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

// wantError returns err as a *deploy.Error and checks its step and what serves calls.
func wantError(t *testing.T, err error, step deploy.Step, serving deploy.Serving) *deploy.Error {
	t.Helper()
	e, ok := errors.AsType[*deploy.Error](err)
	if !ok {
		t.Fatalf("got the error %v, want a *deploy.Error", err)
	}
	if e.Step != step || e.Serving != serving {
		t.Errorf("got %v, want step %q and serving %q", err, step, serving)
	}
	return e
}

func TestFailureOfEachStep(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		request string
		nth     int
		fault   faults.Fault
		step    deploy.Step
		serving deploy.Serving
	}{
		"upload":          {"send file", 1, faults.Reject, deploy.StepUpload, deploy.ServingOld},
		"trial":           {"create trial", 1, faults.Reject, deploy.StepTrial, deploy.ServingOld},
		"session":         {"create session", 1, faults.Reject, deploy.StepRead, deploy.ServingOld},
		"input data":      {"read input data", 2, faults.Cut, deploy.StepRead, deploy.ServingOld},
		"deletion":        {"delete function", 1, faults.Reject, deploy.StepDelete, deploy.ServingOld},
		"creation":        {"create function", 1, faults.Reject, deploy.StepCreate, deploy.ServingRestored},
		"schedule":        {"create schedule", 3, faults.Reject, deploy.StepSchedules, deploy.ServingNew},
		"trial cleanup":   {"delete function", 2, faults.Reject, deploy.StepCleanUp, deploy.ServingNew},
		"old file's code": {"delete file", 1, faults.Reject, deploy.StepCleanUp, deploy.ServingNew},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := replaceScenario(t)
			s.Faults.Inject(test.request, test.nth, test.fault)
			fn, err := s.run(t.Context())
			_ = wantError(t, err, test.step, test.serving)
			s.verify(fn, err)
		})
	}
}

// A request that was carried out although its response was lost is not a failure.
func TestLostResponses(t *testing.T) {
	t.Parallel()
	for _, request := range []string{"create trial", "delete function", "create function", "delete file"} {
		t.Run(request, func(t *testing.T) {
			t.Parallel()
			s := replaceScenario(t)
			s.Faults.Inject(request, 1, faults.Lose)
			fn, err := s.run(t.Context())
			s.verify(fn, err)
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSecondBuildFails(t *testing.T) {
	t.Parallel()
	s := replaceScenario(t)
	s.Faults.Edit = failNewBuild
	fn, err := s.run(t.Context())
	e := wantError(t, err, deploy.StepBuild, deploy.ServingRestored)
	s.verify(fn, err)
	if build, ok := errors.AsType[*functions.DeployError](err); !ok || e.Trace != "the trace" || build.Trace != e.Trace {
		t.Errorf("the trace is %q, want that of the build", e.Trace)
	}
	if message := err.Error(); !strings.HasPrefix(message, "deploy: greet: ") || strings.Contains(message, "functions: ") ||
		!strings.Contains(message, "no space") {
		t.Errorf("got %q, want one prefix and the message of the build", message)
	}
	// The restored function equals the old one, including its record.
	if changes := s.plan(greetSpec("old", codeV1)); changes.Action != deploy.Nothing {
		t.Errorf("the plan for the restored function is %v, want nothing", changes)
	}
}

// Real Python: the trial fails for code that cannot be imported, and the old code still serves.
func TestPythonImportFails(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	spec := deploy.Spec{
		Function: functions.FunctionWrite{Name: "python", ExternalID: new("python")},
		Source:   functions.HandlerText("def handle(data):\n    return 'first'\n"),
	}
	p.deploy(spec)
	spec.Source = functions.HandlerText("import no_such_module\n\ndef handle(data):\n    return 'second'\n")
	_, err := deploy.Deploy(t.Context(), p.Client, p.plan(spec))
	e := wantError(t, err, deploy.StepTrial, deploy.ServingOld)
	if !strings.Contains(e.Trace, "import no_such_module") || !strings.Contains(err.Error(), "ModuleNotFoundError") {
		t.Errorf("got the error %v with the trace %q", err, e.Trace)
	}
	if got, want := p.call("python"), `"first"`; got != want {
		t.Errorf("the response is %s, want %s", got, want)
	}
	if n := len(p.Functions()); n != 1 {
		t.Errorf("%d functions exist, want 1", n)
	}
	for _, id := range p.Faults.Files {
		if p.HasFile(functions.ID(id)) {
			t.Errorf("file %d was not deleted", id)
		}
	}
	spec.Source = functions.HandlerText("def handle(data):\n    return 'third'\n")
	p.deploy(spec)
	if got, want := p.call("python"), `"third"`; got != want {
		t.Errorf("the response is %s, want %s", got, want)
	}
}

func TestPythonImportFailsOnCreate(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	changes := p.plan(deploy.Spec{
		Function: functions.FunctionWrite{Name: "python", ExternalID: new("python")},
		Source:   functions.HandlerText("import no_such_module\n\ndef handle(data):\n    return 1\n"),
	})
	_, err := deploy.Deploy(t.Context(), p.Client, changes)
	e := wantError(t, err, deploy.StepBuild, deploy.ServingNothing)
	if !strings.Contains(e.Trace, "import no_such_module") {
		t.Errorf("the trace is %q", e.Trace)
	}
	if n := len(p.Functions()); n != 0 || p.HasFile(functions.ID(p.Faults.Files[0])) {
		t.Errorf("%d functions exist, want 0; file exists: %t, want false", n, p.HasFile(functions.ID(p.Faults.Files[0])))
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	s := replaceScenario(t)
	var steps []deploy.Step
	var saved []schedule.Saved
	fn, err := deploy.Deploy(t.Context(), s.Client, s.plan(greetSpec("new", codeV2)), deploy.WithProgress(func(e deploy.Event) {
		steps = append(steps, e.Step)
		saved = append(saved, e.Schedules...)
		if e.ExternalID != "greet" || e.Text == "" || strings.Contains(e.Text, testSecret) {
			t.Errorf("got the event %+v", e)
		}
	}), deploy.WithSession(functions.SessionTokenExchange()))
	faults.Must[*functions.Function](t)(fn, err)
	want := []deploy.Step{
		deploy.StepUpload, deploy.StepTrial, deploy.StepRead, deploy.StepDelete, deploy.StepCreate, deploy.StepBuild,
		deploy.StepSchedules, deploy.StepCleanUp,
	}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if len(saved) != 2 || saved[0].Name != "nightly" || string(saved[1].Data) != `{"n":2}` || saved[0].FunctionExternalID != "greet" {
		t.Errorf("got the schedules %+v", saved)
	}
	for _, health := range faults.Must[[]schedule.Health](t)(schedule.CheckHealth(t.Context(), s.Direct, functions.SchedulesFilter{})) {
		if *health.Session.Type != functions.SessionTypeTokenExchange {
			t.Errorf("the session has the type %s, want that of WithSession", *health.Session.Type)
		}
	}
}

// A failed upload and its failed cleanup do not break the next upload.
func TestUploadAfterFailedUpload(t *testing.T) {
	t.Parallel()
	s := replaceScenario(t)
	s.Faults.Decide = func(_ int, name string) faults.Fault {
		if name == "send file" || slices.Contains(s.Faults.Requests, "send file") {
			return faults.Cut
		}
		return faults.None
	}
	_, err := s.run(t.Context())
	e := wantError(t, err, deploy.StepUpload, deploy.ServingOld)
	if len(e.Files) != 1 || !s.HasFile(e.Files[0]) {
		t.Errorf("got the files %v, want the one left behind", e.Files)
	}
	s.Faults.Decide = nil
	next := greetSpec("new", codeV2)
	next.KeepFiles, next.DataSetID = 1, 77
	fn, err := deploy.Deploy(t.Context(), s.Client, s.plan(next))
	s.verify(fn, err)
	file := faults.Must[*functions.File](t)(s.Direct.Files.Retrieve(t.Context(), functions.ID(fn.FileID)))
	if err != nil || *file.DataSetID != 77 || !regexp.MustCompile(`^greet-[0-9a-f]{32}\.zip$`).MatchString(file.Name) {
		t.Errorf("got the file %+v and the error %v", file, err)
	}
}

// No metadata, string or error contains a secret.
func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	spec := greetSpec("old", codeV1)
	spec.Function.IndexURL = new("https://user:index-password@index.test/")
	p.deploy(spec)
	next := greetSpec("new", codeV2)
	next.Function.Secrets["password"] = testSecret + "2"
	changes := p.plan(next)
	shown := fmt.Sprintf("%v %+v %#v %s", changes, changes, changes, faults.Must[[]byte](t)(json.Marshal(changes)))
	shown += fmt.Sprintf("%v %+v %#v", *changes, spec, next)
	target := deploy.Target{Secrets: functions.Secrets{"password": testSecret}, SecretsKey: testKey}
	shown += fmt.Sprintf("%v %+v %#v", target, target, target)
	fn := faults.Must[*functions.Function](t)(p.Direct.Retrieve(t.Context(), functions.ExternalID("greet")))
	shown += string(faults.Must[[]byte](t)(json.Marshal(fn)))
	for _, secret := range []string{testSecret, "index-password", string(testKey)} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q is shown in %s", secret, shown)
		}
	}
}
