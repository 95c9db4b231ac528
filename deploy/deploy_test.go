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
	functions "github.com/cogfn/cogfn/wrapper"
)

// wantError returns err as a *deploy.Error with this step and outcome.
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

func TestFailurePoints(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		request string
		nth     int
		verdict verdict
		step    deploy.Step
		serving deploy.Serving
	}{
		"upload":       {"send file", 1, refuse, deploy.StepUpload, deploy.ServingOld},
		"trial":        {"create trial", 1, refuse, deploy.StepTrial, deploy.ServingOld},
		"no session":   {"create session", 1, refuse, deploy.StepRead, deploy.ServingOld},
		"input data":   {"read input data", 2, cut, deploy.StepRead, deploy.ServingOld},
		"deletion":     {"delete function", 1, refuse, deploy.StepDelete, deploy.ServingOld},
		"creation":     {"create function", 1, refuse, deploy.StepCreate, deploy.ServingRestored},
		"schedule":     {"create schedule", 3, refuse, deploy.StepSchedules, deploy.ServingNew},
		"trial stays":  {"delete function", 2, refuse, deploy.StepCleanUp, deploy.ServingNew},
		"file remains": {"delete file", 1, refuse, deploy.StepCleanUp, deploy.ServingNew},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := replacing(t)
			s.gate.at(test.request, test.nth, test.verdict)
			fn, err := s.do(t.Context())
			_ = wantError(t, err, test.step, test.serving)
			s.verify(fn, err)
		})
	}
}

// The creation's and the deletion's answers are lost, but both were carried out: there is nothing to complain about.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, request := range []string{"create trial", "delete function", "create function", "delete file"} {
		t.Run(request, func(t *testing.T) {
			t.Parallel()
			s := replacing(t)
			s.gate.at(request, 1, lose)
			fn, err := s.do(t.Context())
			s.verify(fn, err)
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestFinalBuildFails(t *testing.T) {
	t.Parallel()
	s := replacing(t)
	s.gate.edit = failedBuild
	fn, err := s.do(t.Context())
	e := wantError(t, err, deploy.StepBuild, deploy.ServingRestored)
	s.verify(fn, err)
	if build, ok := errors.AsType[*functions.DeployError](err); !ok || e.Trace != "the trace" || build.Trace != e.Trace {
		t.Errorf("the trace is %q", e.Trace)
	}
	want := regexp.MustCompile(`^deploy: the build of greet failed: the deployment of greet \(id \d+\) failed: no space; serving now: the old function, created anew$`)
	if !want.MatchString(err.Error()) {
		t.Errorf("got the text %q", err)
	}
	// The restored function is as the old one was, down to the notes.
	if changes := s.plan(greet("old", codeV1)); changes.Action != deploy.Nothing {
		t.Errorf("the restored function differs: %v", changes)
	}
}

// A secret that the new Spec does not have any more is lost when the old function is restored, and the error says which.
func TestRestoredWithoutSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	w.deployed(greet("old", codeV1))
	next := greet("new", codeV2)
	next.Function.Secrets = map[string]string{"other": "x"}
	w.gate.edit = failedBuild
	_, err := deploy.Deploy(t.Context(), w.client, w.plan(next))
	e := wantError(t, err, deploy.StepBuild, deploy.ServingRestored)
	if !slices.Equal(e.LostSecrets, []string{"password"}) || !strings.Contains(err.Error(), "without the secrets password") {
		t.Errorf("lost %v: %v", e.LostSecrets, err)
	}
}

// Real Python: code that cannot be imported fails in the trial, and the old code goes on answering.
func TestPythonThatCannotBeBuilt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	spec := deploy.Spec{
		Function: functions.FunctionWrite{Name: "python", ExternalID: new("python")},
		Source:   functions.HandlerText("def handle(data):\n    return 'first'\n"),
	}
	w.deployed(spec)
	spec.Source = functions.HandlerText("import no_such_module\n\ndef handle(data):\n    return 'second'\n")
	_, err := deploy.Deploy(t.Context(), w.client, w.plan(spec))
	e := wantError(t, err, deploy.StepTrial, deploy.ServingOld)
	if !strings.Contains(e.Trace, "import no_such_module") || !strings.Contains(err.Error(), "ModuleNotFoundError") {
		t.Errorf("the error is %v with the trace %q", err, e.Trace)
	}
	if got := w.answer("python"); got != `"first"` {
		t.Errorf("the answer is %s", got)
	}
	if n := len(w.functions()); n != 1 {
		t.Errorf("%d functions are there", n)
	}
	for _, id := range w.gate.files {
		if w.hasFile(functions.ID(id)) {
			t.Errorf("the file %d is left behind", id)
		}
	}
	spec.Source = functions.HandlerText("def handle(data):\n    return 'third'\n")
	w.deployed(spec)
	if got := w.answer("python"); got != `"third"` {
		t.Errorf("the answer is %s", got)
	}
}

func TestPythonThatCannotBeCreated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	changes := w.plan(deploy.Spec{
		Function: functions.FunctionWrite{Name: "python", ExternalID: new("python")},
		Source:   functions.HandlerText("import no_such_module\n\ndef handle(data):\n    return 1\n"),
	})
	_, err := deploy.Deploy(t.Context(), w.client, changes)
	e := wantError(t, err, deploy.StepBuild, deploy.ServingNothing)
	if !strings.Contains(e.Trace, "import no_such_module") {
		t.Errorf("the trace is %q", e.Trace)
	}
	if n := len(w.functions()); n != 0 || w.hasFile(functions.ID(w.gate.files[0])) {
		t.Errorf("%d functions are left, the file %v", n, w.gate.files)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	s := replacing(t)
	var steps []string
	var saved []deploy.PausedSchedule
	fn, err := deploy.Deploy(t.Context(), s.client, s.plan(greet("new", codeV2)), deploy.WithProgress(func(e deploy.Event) {
		steps = append(steps, string(e.Step))
		saved = append(saved, e.Schedules...)
		if e.ExternalID != "greet" || e.Text == "" || strings.Contains(e.Text, plantedSecret) {
			t.Errorf("event %+v", e)
		}
	}), deploy.WithSession(functions.SessionTokenExchange()))
	mustGet[*functions.Function](t)(fn, err)
	want := []string{
		"upload", "trial build", "reading of the schedules", "deletion of the old function", "creation", "build",
		"creation of the schedules", "clean-up",
	}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if len(saved) != 2 || saved[0].Name != "nightly" || string(saved[1].Data) != `{"n":2}` || saved[0].FunctionExternalID != "greet" {
		t.Errorf("schedules %+v", saved)
	}
	for _, health := range mustGet[[]deploy.ScheduleHealth](t)(deploy.Health(t.Context(), s.quiet, functions.SchedulesFilter{})) {
		if *health.Session.Type != functions.SessionTypeTokenExchange {
			t.Errorf("the session is of type %s", *health.Session.Type)
		}
	}
}

// What an upload that broke off left behind does not disturb the next one.
func TestUploadAgain(t *testing.T) {
	t.Parallel()
	s := replacing(t)
	s.gate.judge = func(_ int, name string) verdict {
		if name == "send file" || slices.Contains(s.gate.names, "send file") {
			return cut
		}
		return pass
	}
	_, err := s.do(t.Context())
	e := wantError(t, err, deploy.StepUpload, deploy.ServingOld)
	if len(e.Files) != 1 || !s.hasFile(e.Files[0]) {
		t.Errorf("left behind: %v", e.Files)
	}
	s.gate.judge = nil
	next := greet("new", codeV2)
	next.KeepFiles, next.DataSetID = 1, 77
	fn, err := deploy.Deploy(t.Context(), s.client, s.plan(next))
	s.verify(fn, err)
	file := mustGet[*functions.File](t)(s.quiet.Files.Retrieve(t.Context(), functions.ID(fn.FileID)))
	if err != nil || *file.DataSetID != 77 || !regexp.MustCompile(`^greet-[0-9a-f]{32}\.zip$`).MatchString(file.Name) {
		t.Errorf("the file is %+v (%v)", file, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Nothing of what the service keeps or this package says shows a secret.
func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	spec := greet("old", codeV1)
	spec.Function.IndexURL = new("https://user:planted-word@index.test/")
	w.deployed(spec)
	next := greet("new", codeV2)
	next.Function.Secrets["password"] = plantedSecret + "2"
	changes := w.plan(next)
	shown := fmt.Sprintf("%v %+v %#v %s", changes, changes, changes, mustGet[[]byte](t)(json.Marshal(changes)))
	shown += fmt.Sprintf("%v %+v %#v", *changes, spec, next)
	target := deploy.Target{Secrets: functions.Secrets{"password": plantedSecret}, SecretsKey: plantedKey}
	shown += fmt.Sprintf("%v %+v %#v", target, target, target)
	fn := mustGet[*functions.Function](t)(w.quiet.Retrieve(t.Context(), functions.ExternalID("greet")))
	shown += string(mustGet[[]byte](t)(json.Marshal(fn)))
	for _, secret := range []string{plantedSecret, "planted-word", string(plantedKey)} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q is shown in %s", secret, shown)
		}
	}
}
