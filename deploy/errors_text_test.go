package deploy_test

import (
	"errors"
	"testing"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/internal/errtext"
	"github.com/cogfn/cogfn/schedule"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

// TestErrorTexts has the complete messages of this package. Other tests check types, fields and key words.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	busy := replaceScenario(t)
	faults.Must[*functions.Function](t)(busy.Direct.Create(t.Context(),
		functions.FunctionWrite{Name: "greet", ExternalID: new("greet.cogfn-trial")}, functions.FileID(busy.old.FileID)))
	_, busyErr := busy.run(t.Context())
	twice := replaceScenario(t)
	twice.Faults.Decide = func(_ int, name string) faults.Fault {
		if name == "create function" {
			return faults.Reject
		}
		return faults.None
	}
	_, twiceErr := twice.run(t.Context())
	rejection, ok := errors.AsType[*functions.APIError](twiceErr)
	if !ok {
		t.Fatalf("got %v, want an error that wraps a *functions.APIError", twiceErr)
	}
	cause := errtext.Message(rejection)
	specError := func(change func(*deploy.Spec)) error {
		spec := greetSpec("1", codeV1)
		change(&spec)
		_, err := deploy.Plan(t.Context(), busy.Direct, spec)
		return err
	}
	failed := deploy.Error{ExternalID: "greet", Step: deploy.StepBuild, Serving: deploy.ServingRestored, Err: errors.New("functions: no space")}
	with := func(change func(*deploy.Error)) *deploy.Error {
		e := failed
		change(&e)
		return &e
	}
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"stale", deploy.ErrStale, "deploy: the function has changed since the plan was made; plan again"},
		{"busy", deploy.ErrBusy, "deploy: another deployment of the function is running"},
		{
			"no external id", specError(func(s *deploy.Spec) { s.Function.ExternalID = nil }),
			"functions: ExternalID is missing; it identifies the function in later deployments",
		},
		{
			"file id", specError(func(s *deploy.Spec) { s.Function.FileID = 3 }),
			"functions: FileID is set; leave it 0, since Deploy uploads the code",
		},
		{
			"files to keep", specError(func(s *deploy.Spec) { s.KeepFiles = 11 }),
			"functions: KeepFiles is 11; it must be between 1 and 10, or 0 for 5",
		},
		{
			"short key", specError(func(s *deploy.Spec) { s.SecretsKey = "short" }),
			"functions: SecretsKey has 5 bytes; secrets and index URLs require a key of at least 16 bytes",
		},
		{
			"reserved key", specError(func(s *deploy.Spec) { s.Function.Metadata = map[string]string{"cogfn-x": ""} }),
			`functions: Metadata has the key "cogfn-x"; keys that start with "cogfn-" are reserved`,
		},
		{
			"recent trial", busyErr,
			"deploy: greet: trial build failed: another deployment of the function is running or was killed; if it was killed, " +
				"delete the function with external id greet.cogfn-trial; serving now: the old function",
		},
		{
			"restore fails too", twiceErr,
			"deploy: greet: creation failed: " + cause + "; creation of the old function failed too: " + cause +
				"; serving now: nothing; schedules that do not run, resume: nightly, weekly",
		},
		{"restored", &failed, "deploy: greet: build failed: no space; serving now: the restored old function"},
		{
			"stale during the trial", with(func(e *deploy.Error) {
				e.Step, e.Serving, e.Err = deploy.StepRead, deploy.ServingUnknown, deploy.ErrStale
			}),
			"deploy: greet: reading of schedules failed: the function has changed since the plan was made; plan again; serving now: unknown",
		},
		{
			"lost secrets", with(func(e *deploy.Error) { e.LostSecrets = []string{"password", "pin"} }),
			"deploy: greet: build failed: no space; serving now: the restored old function, without the secrets password, pin",
		},
		{
			"left behind", with(func(e *deploy.Error) {
				e.Functions, e.Files = []functions.Identifier{functions.ExternalID("greet.cogfn-trial")}, []functions.Identifier{functions.ID(3)}
			}),
			"deploy: greet: build failed: no space; serving now: the restored old function; " +
				"left behind, delete: function with external id greet.cogfn-trial, file with id 3",
		},
		{
			"schedules", with(func(e *deploy.Error) { e.Schedules = []schedule.Saved{{Name: "nightly"}, {Name: "weekly"}} }),
			"deploy: greet: build failed: no space; serving now: the restored old function; " +
				"schedules that do not run, resume: nightly, weekly",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := test.err.Error(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}
